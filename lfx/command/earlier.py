"""What an earlier run of a multirun left in a job's directory: kept, done anew, or in the way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lfx.runtime.errors import UserError
from lfx.runtime.rundir import FILE, read_status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.runtime.rundir import RunStatus

_ELSEWHERE = "give this one a directory of its own: hydra.sweep.dir=DIR"


class SweepError(UserError):
    """A multirun cannot be run, or not here; none of its jobs has started."""


def find_completed(folder: Path, stage: str, overrides: Sequence[str]) -> RunStatus | None:
    """Give the status of a job that has completed in a directory.

    Args:
        folder: the job's directory, which need not exist.
        stage: the stage that is to run there.
        overrides: the job's own overrides, in any order.

    Returns:
        The status if the job completed with these overrides; None where it has to be run.

    Raises:
        SweepError: another job has completed there, or one is running there on this machine.
    """
    status = read_status(folder)
    if status is None:
        return None
    if status.is_alive() and status.pid != os.getpid():
        raise SweepError(
            f"process {status.pid} of this machine is running a job in {folder}; wait for it, or "
            f"{_ELSEWHERE}\nif that process is none of lfx, delete {folder / FILE}"
        )
    if status.state != "completed":
        return None
    if (status.stage, sorted(status.overrides)) != (stage, sorted(overrides)):
        raise SweepError(
            f"{folder} holds another multirun's job: {_told(status.stage, status.overrides)}, not "
            f"{_told(stage, overrides)}; repeat that multirun, or {_ELSEWHERE}"
        )
    return status


def _told(stage: str, overrides: Sequence[str]) -> str:
    return f"lfx.{stage} {' '.join(overrides)}".rstrip()
