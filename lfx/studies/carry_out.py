"""Running a study's steps, each in a separate process."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from lfx.runs.status import read_status
from lfx.runtime.errors import UserError
from lfx.runtime.progress import as_environment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.studies.steps import Step

log = logging.getLogger(__name__)

_GROUP = "WANDB_RUN_GROUP"
_GRACE_PERIOD = 30  # seconds that a step has to end itself


class StudyError(UserError):
    """A step of a study failed, or the folder belongs to another study."""


def carry_out(steps: Sequence[Step], group: str = "") -> None:
    """Run the steps that are not done yet, one after the other; the report runs every time.

    Args:
        steps: of the study.
        group: what W&B puts their runs into, unless the environment names a group.

    Raises:
        StudyError: a step failed, is running already, or was run with other settings.
    """
    left = [step for step in steps if step.seed is None or not is_done(step)]
    if len(left) < len(steps):
        log.info("%d of %d steps are done", len(steps) - len(left), len(steps))
    grouped = {_GROUP: group} if group and _GROUP not in os.environ else {}
    began = time.time()
    for number, step in enumerate(left, start=1):
        command = ["python", "-m", f"lfx.{step.command}", *step.arguments]
        log.info("step %d of %d, %s: %s", number, len(left), step.title, " ".join(command))
        status = _run(step, grouped | as_environment(number - 1, len(left), began))
        if status in {128 + signal.SIGINT, 128 + signal.SIGTERM}:
            raise SystemExit(status)
        if status != 0:
            raise StudyError(
                f"{step.title} ended with status {status} (its message is above); the same "
                "command resumes the study from there"
            )


def is_done(step: Step) -> bool:
    """Return whether a step has completed with the same settings.

    Raises:
        StudyError: it is running, or has completed with settings that lead to other results.
    """
    status = read_status(step.folder)
    if status is None:
        return False
    if status.is_alive():
        raise StudyError(
            f"process {status.pid} of this machine is running {step.title}: wait for it, or "
            "choose another folder=FOLDER"
        )
    if status.state != "completed":
        return False
    if not step.has_same_results(status.overrides):
        ours, theirs = set(step.settings), set(status.overrides)
        raise StudyError(
            f"{step.folder} was made with other settings: {' '.join(sorted(theirs - ours))}, "
            f"not {' '.join(sorted(ours - theirs))}; remove the study's folder to start again, or "
            "choose another: folder=FOLDER"
        )
    return True


def _run(step: Step, further: dict[str, str]) -> int:
    """Run a step in a process that ends when this one does; return its exit status."""
    command = [sys.executable, "-m", f"lfx.{step.command}", *step.arguments]
    # `run_stage` has set HYDRA_FULL_ERROR; only a user who wants tracebacks passes it on.
    changed = {} if logging.raiseExceptions else {"HYDRA_FULL_ERROR": "0"}
    process = subprocess.Popen(command, env=os.environ | changed | further)  # noqa: S603, the user's settings
    try:
        status = process.wait()
    except BaseException:  # Ctrl-C, which the step has received as well, or SIGTERM
        process.terminate()
        try:
            process.wait(_GRACE_PERIOD)
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    return status if status >= 0 else 128 - status
