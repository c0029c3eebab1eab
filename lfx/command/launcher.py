"""Running a multirun's jobs one after the other in this process."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.utils import (
    JobReturn,
    JobStatus,
    configure_log,
    filter_overrides,
    run_job,
    setup_globals,
)
from omegaconf import open_dict

from lfx.command.origins import with_origins
from lfx.command.sweep import drop_configs, kept_return
from lfx.runtime.progress import Steps, within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydra._internal.core_plugins.basic_launcher import BasicLauncher
    from hydra.types import HydraContext, TaskFunction
    from omegaconf import DictConfig

log = logging.getLogger(__name__)


def launch(
    launcher: BasicLauncher,
    batch: Sequence[Sequence[str]],
    start: int,
    kept: Mapping[int, float | None],
) -> list[JobReturn]:
    """Run jobs in this process, and keep only what each returned.

    Args:
        launcher: set up by Hydra.
        batch: each job's overrides.
        start: the first job's number.
        kept: job number → result of each job that has completed earlier and is not run.
    """
    config, context, task = launcher.config, launcher.hydra_context, launcher.task_function
    if config is None or context is None or task is None:
        raise RuntimeError("Hydra has not set the launcher up")
    setup_globals()
    hydra = config.hydra
    configure_log(hydra.hydra_logging, hydra.verbose)
    Path(hydra.sweep.dir).mkdir(parents=True, exist_ok=True)
    numbers = [number for number, _ in enumerate(batch, start) if number not in kept]
    log.info("Launching %d jobs locally", len(numbers))
    returns = []
    with within(Steps("job", len(numbers))) as done:
        for number, overrides in enumerate(batch, start):
            if number in kept:
                returns.append(kept_return(kept[number]))
                continue
            log.info("\t#%d : %s", number, " ".join(filter_overrides(overrides)))
            job = context.config_loader.load_sweep_config(config, list(overrides))
            returns.append(_run(context, task, job, number))
            configure_log(hydra.hydra_logging, hydra.verbose)
            done.advance()
    return returns


def _run(context: HydraContext, task: TaskFunction, job: DictConfig, number: int) -> JobReturn:
    with open_dict(job):
        job.hydra.job.id = job.hydra.job.num = number
    try:
        done = run_job(
            hydra_context=context,
            task_function=task,
            config=job,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
    except Exception as error:  # before the task, such as a directory that cannot be made
        log.exception("job %d could not be started", number)
        done = JobReturn(status=JobStatus.FAILED, _return_value=error)
    if done.status == JobStatus.FAILED:
        # Already logged; the tracebacks' frames would keep the config in memory.
        for cause in with_origins(done._return_value):  # noqa: SLF001, the property would raise it
            cause.__traceback__ = None
    drop_configs(task, done)
    return done
