"""The results of an earlier multirun in a job's directory: kept, replaced, or a conflict."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lfx.runs.status import FILE, read_status
from lfx.runtime.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.runs.status import RunStatus

_ELSEWHERE = "give this one another directory: hydra.sweep.dir=DIR"


class SweepError(UserError):
    """A multirun cannot be run, or not in this directory; none of its jobs has started."""


def find_completed(folder: Path, stage: str, overrides: Sequence[str]) -> RunStatus | None:
    """Return the status of a job that has completed in a directory.

    Args:
        folder: the job's directory, which need not exist.
        stage: the command that will run there.
        overrides: the job's overrides, in any order.

    Returns:
        The status if the job completed with these overrides; None if it has to be run.

    Raises:
        SweepError: another job has completed there, or one is running there on this machine.
    """
    status = read_status(folder)
    if status is None:
        return None
    if status.is_alive() and status.pid != os.getpid():
        raise SweepError(
            f"process {status.pid} of this machine is running a job in {folder}; wait for it, or "
            f"{_ELSEWHERE}\nif that process does not belong to lfx, delete {folder / FILE}"
        )
    if status.state != "completed":
        return None
    if (status.stage, sorted(status.overrides)) != (stage, sorted(overrides)):
        raise SweepError(
            f"{folder} holds another multirun's job: {_command(status.stage, status.overrides)}, "
            f"not {_command(stage, overrides)}; repeat that multirun, or {_ELSEWHERE}"
        )
    return status


def _command(stage: str, overrides: Sequence[str]) -> str:
    return f"lfx.{stage} {' '.join(overrides)}".rstrip()
