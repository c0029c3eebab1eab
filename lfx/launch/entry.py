"""How a stage starts, ends and fails: the one place between the command line and a stage's task.

Hydra composes; this module makes typed settings of the result, keeps `status.json`, turns a user's
mistake into a short message with exit status 2, a signal into a non-zero exit, and leaves nothing
of one job behind for the next one of a multirun.
"""

from __future__ import annotations

import gc
import logging
import os
import platform
import secrets
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfx.configuration.locate import config_folder
from lfx.configuration.register import register_schemas
from lfx.configuration.typed import as_typed
from lfx.launch.explain import explain
from lfx.runtime.errors import UserError
from lfx.runtime.rundir import RunStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

log = logging.getLogger(__name__)

StageConfig = TypeVar("StageConfig")

_MISTAKE = 2
_INTERRUPTED = 128 + signal.SIGINT
_TERMINATED = 128 + signal.SIGTERM


@dataclass(frozen=True)
class Job:
    """Where a job runs and what it was asked."""

    folder: Path
    overrides: tuple[str, ...]
    # The multirun's directory; None in a single run.
    sweep: Path | None


def run_stage(
    stage: str,
    schema: type[StageConfig],
    task: Callable[[StageConfig, Job], float | None],
    open_mappings: Sequence[str] = (),
    collect: Callable[[Path], None] | None = None,
) -> None:
    """Run a stage from the command line and leave the process with its exit status.

    Args:
        stage: name of the root YAML file.
        schema: the stage's root dataclass.
        task: does the work; a returned number is what a sweeper optimises.
        open_mappings: settings whose keys are the user's own names, such as `members`; `KEY.NAME=…`
            adds a name there without Hydra's `+`.
        collect: tells what a multirun led to, from its directory, whether or not jobs failed.
    """
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises, and the messages are ours
    logging.raiseExceptions = wants_traceback  # no traceback where `| head` stopped reading
    prepare()
    sys.argv[1:] = [_opened(argument, open_mappings) for argument in sys.argv[1:]]

    progress = _Progress()

    def job(config: DictConfig) -> float | None:
        progress.begin_job()
        try:
            return _run_job(stage, schema, task, config)
        except UserError as error:
            if HydraConfig.get().mode == RunMode.MULTIRUN:
                raise  # a sweeper has to know
            progress.mistake = error  # Hydra would put a line of its own before the message
            return None

    main = hydra.main(version_base="1.3", config_path=str(config_folder()), config_name=stage)
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        _run_all(main(job), progress, collect)
        if progress.mistake is not None:
            raise progress.mistake
    except UserError as error:
        _leave(wants_traceback, str(error))
    except BrokenPipeError:
        sys.exit(1)
    except (HydraException, OmegaConfBaseException, ValueError, OSError) as error:
        if progress.started and isinstance(error, ValueError | OSError):
            raise  # the task's own; Hydra raises plain ones too, for `encoder=null`
        _leave(wants_traceback, explain(error, stage, sys.argv[1:]))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, previous)
        _drop_unread()


@dataclass
class _Progress:
    """What the command line's end has to know of the jobs."""

    started: bool = False
    mistake: UserError | None = None
    # The multirun's directory; None in a single run.
    sweep: Path | None = None

    def begin_job(self) -> None:
        """Note that Hydra has composed a job."""
        self.started = True
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            self.sweep = Path(HydraConfig.get().sweep.dir)


def _run_all(
    jobs: Callable[[], None], progress: _Progress, collect: Callable[[Path], None] | None
) -> None:
    """Run one job or a multirun's, and tell what a multirun led to even if jobs of it failed.

    Hydra's own callback at a multirun's end is left out where any job has failed.
    """
    try:
        jobs()
    except Exception:
        if collect is not None and progress.sweep is not None:
            collect(progress.sweep)
        raise
    if collect is not None and progress.sweep is not None:
        collect(progress.sweep)


def prepare() -> None:
    """Register schemas and resolvers with Hydra; doing it twice is harmless."""
    register_schemas()
    # A run directory's name has to differ between runs that start in the same second.
    OmegaConf.register_new_resolver(
        "lfx.run_id", lambda: secrets.token_hex(2), use_cache=True, replace=True
    )


def _run_job(
    stage: str,
    schema: type[StageConfig],
    task: Callable[[StageConfig, Job], float | None],
    config: DictConfig,
) -> float | None:
    settings = HydraConfig.get()
    overrides = [text.lstrip("+") for text in settings.overrides.task]
    folder = Path(settings.runtime.output_dir)
    sweep = Path(settings.sweep.dir) if settings.mode == RunMode.MULTIRUN else None
    status = RunStatus(stage, overrides=overrides, pid=os.getpid(), host=platform.node())
    status.write(folder)
    try:
        result = task(as_typed(config, schema), Job(folder, tuple(overrides), sweep))
        status.end(folder, "completed")
    except UserError as error:
        log.debug("stopped", exc_info=True)
        if sweep is not None:  # Hydra tells of a sweep's first failure only
            log.error("job %s: %s", settings.job.num, error)  # noqa: TRY400, a mistake has no traceback
        status.end(folder, "failed", str(error))
        _forget(error)
        raise
    except Exception as error:
        log.exception("failed")
        status.end(folder, "failed", "".join(traceback.format_exception_only(error)).strip())
        _forget(error)
        raise
    except BaseException as error:  # Ctrl-C, SIGTERM, or Lightning's exit after either
        by_user = isinstance(error, KeyboardInterrupt) or isinstance(
            error.__context__, KeyboardInterrupt
        )
        status.end(folder, "interrupted", "Ctrl-C" if by_user else type(error).__name__)
        log.warning("interrupted; %s", folder)
        if by_user and isinstance(error, SystemExit):
            raise SystemExit(_INTERRUPTED) from error
        raise
    finally:
        _finish_wandb(failed=status.state != "completed")
    return result


def _forget(error: BaseException) -> None:
    """Let go of what the failed frames hold; Hydra keeps the error until the sweep ends."""
    traceback.clear_frames(error.__traceback__)
    gc.collect()
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def _finish_wandb(*, failed: bool) -> None:
    """Close W&B's run; the next job would log into it otherwise."""
    wandb = sys.modules.get("wandb")
    if wandb is not None and wandb.run is not None:
        wandb.finish(exit_code=int(failed))


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """End by SystemExit: Lightning would leave with status 0 and the next job would start."""
    raise SystemExit(_TERMINATED)


def _opened(argument: str, mappings: Sequence[str]) -> str:
    opens = any(argument.startswith(f"{mapping}.") for mapping in mappings)
    return f"++{argument}" if opens and "=" in argument else argument


def _drop_unread() -> None:
    """Spare Python's complaint at the exit where a reader has left, as in `--help | head`."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _leave(wants_traceback: bool, message: str) -> None:  # noqa: FBT001
    if wants_traceback:
        traceback.print_exc()
    print(f"error: {message}", file=sys.stderr)
    sys.exit(_MISTAKE)
