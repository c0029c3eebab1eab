"""How a stage starts, ends and fails: the one place between the command line and a stage's task.

Hydra composes, and calls a `StageJob` for each job; this module turns what comes of it into an exit
status, and a user's mistake into a short message.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import signal
import sys
import traceback
import warnings
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn, TypeVar

import hydra
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfx.command.defaults import set_defaults
from lfx.command.earlier import SweepError
from lfx.command.explain import PLAIN, explain
from lfx.command.help import use_own_help
from lfx.command.job import INTERRUPTED, Job, StageJob
from lfx.command.multirun import NoteFolder
from lfx.command.options import put_options_last
from lfx.command.origins import with_origins
from lfx.command.quoting import quote_letters
from lfx.command.storage import storage_error
from lfx.command.sweep import FailedJobsError
from lfx.configuration.locate import config_folder
from lfx.configuration.register import register_schemas
from lfx.runtime.errors import ConfigError, UserError
from lfx.runtime.escaping import for_terminal
from lfx.runtime.files import is_folder
from lfx.runtime.naming import name_problems
from lfx.runtime.versions import how_to_install

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from types import FrameType

    from omegaconf import DictConfig

log = logging.getLogger(__name__)

__all__ = ["Job", "register", "run_stage"]

StageConfig = TypeVar("StageConfig")

_DEFECT = 1
_MISTAKE = 2
_TERMINATED = 128 + signal.SIGTERM


def run_stage(
    stage: str,
    schema: type[StageConfig],
    task: Callable[[StageConfig, Job], float | None],
    open_mappings: Sequence[str] = (),
    collect: Callable[[Path], None] | None = None,
    inputs: Callable[[StageConfig], str] | None = None,
    leaves: Sequence[str] = (),
    prepare: Callable[[DictConfig], None] | None = None,
) -> None:
    """Run a stage from the command line and leave the process with its exit status.

    Args:
        stage: name of the root YAML file.
        schema: the stage's root dataclass.
        task: does the work; a returned number is what a sweeper optimises.
        open_mappings: settings whose keys are the user's own names, such as `members`; `KEY.NAME=…`
            adds a name there without Hydra's `+`.
        collect: tells what a multirun led to, from its directory, whether or not jobs failed.
        inputs: tells the state of what the task reads, so that it changes when that does. With it,
            a multirun that is repeated into its directory keeps the jobs that have completed with
            the same settings and inputs. What it cannot read is the task's to complain of.
        leaves: files that a job which has completed has left.
        prepare: called with each job's settings before they are checked.
    """
    wants_traceback = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises, and the messages are ours
    logging.raiseExceptions = wants_traceback  # no traceback where `| head` stopped reading
    register()
    _show_all_letters()
    use_own_help()
    arguments = put_options_last(sys.argv[1:])
    sys.argv[1:] = [quote_letters(_opened(one, open_mappings)) for one in arguments]
    strange = [one for one in sys.argv[1:] if not _is_text(one)]
    if strange:
        _leave(wants_traceback, f"these arguments are not UTF-8: {' '.join(strange)}")

    job = StageJob(stage, schema, task, inputs, tuple(leaves), prepare)
    main = hydra.main(version_base="1.3", config_path=str(config_folder()), config_name=stage)
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        _run_all(main(job), job, collect)
        with suppress(BrokenPipeError):  # a reader that has left wants no more
            sys.stdout.flush()
    except UserError as error:
        _leave(wants_traceback, str(error))
    except FailedJobsError as error:
        _leave(wants_traceback, str(error), _MISTAKE if error.are_mistakes else _DEFECT)
    except BrokenPipeError:
        sys.exit(1)
    except (HydraException, OmegaConfBaseException) as error:
        mistakes = [one for one in with_origins(error) if isinstance(one, UserError)]
        told = str(mistakes[0]) if mistakes else explain(error, stage, sys.argv[1:])
        _leave(wants_traceback, told)
    except Exception as error:
        closed = storage_error(with_origins(error), NoteFolder.folder)
        if closed is not None:
            _leave(wants_traceback, str(closed))
        if job.started or not _is_hydras(error):
            raise
        _leave(wants_traceback, explain(error, stage, sys.argv[1:]))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, previous)
        _drop_unread()


def _run_all(
    main: Callable[[], None],
    job: StageJob[StageConfig],
    collect: Callable[[Path], None] | None,
) -> None:
    """Run one job or a multirun's, and tell what a multirun led to even if jobs of it failed."""
    NoteFolder.folder = None
    before_any_job = (HydraException, OmegaConfBaseException, SweepError)
    try:
        main()
    except Exception as error:
        _blame_missing_plugin(error)
        if job.started or not isinstance(error, before_any_job):
            try:
                _tell(collect)
            except Exception:  # what failed first has to be told in any case
                log.exception("the multirun's end could not be told")
        raise
    if job.mistake is not None:
        raise job.mistake
    _tell(collect)


def _tell(collect: Callable[[Path], None] | None) -> None:
    folder = NoteFolder.folder
    if collect is not None and folder is not None and is_folder(folder):
        collect(folder)


def _is_hydras(error: Exception) -> bool:
    """Say whether it was in Hydra that something plain went wrong, and not in lfx."""
    modules = [
        str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    packages = [name.partition(".")[0] for name in modules]
    *_, last = [name for name in packages if name in {"hydra", "omegaconf", "lfx", "hydra_plugins"}]
    return isinstance(error, PLAIN) and last in {"hydra", "omegaconf"}


def _blame_missing_plugin(error: Exception) -> None:
    """Say what to install where a launcher's config is ours and its package is not there."""
    unknown = re.match(
        r"Unknown plugin class : '(hydra_plugins\.hydra_(\w+)_launcher\..+)'", str(error)
    )
    if unknown:
        raise SweepError(
            f"the launcher {unknown[1]} is not installed: {how_to_install(unknown[2])}"
        ) from error


def register() -> None:
    """Register defaults, schemas and resolvers with Hydra; doing it twice is harmless."""
    set_defaults()
    register_schemas()
    # A run directory's name has to differ between runs that start in the same second.
    OmegaConf.register_new_resolver(
        "lfx.run_id", lambda: secrets.token_hex(2), use_cache=True, replace=True
    )
    OmegaConf.register_new_resolver("lfx.folder", _as_folder, replace=True)
    # Ours stand before the plugins' own configs of the same names, and are checked against them.
    warnings.filterwarnings(
        "ignore", r"\s*'hydra/launcher/\w+' is validated against ConfigStore schema", UserWarning
    )


def _as_folder(name: object) -> str:
    """Give a name that becomes a part of a run's folder, before anything is made there."""
    found = name_problems("name, or data.name,", str(name))
    if found:
        raise ConfigError("\n".join(found))
    return str(name)


def _show_all_letters() -> None:
    """Show letters that the terminal's encoding lacks as escapes, where Python would stop."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _is_text(argument: str) -> bool:
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """End by SystemExit: Lightning would leave with status 0 and the next job would start."""
    raise SystemExit(_TERMINATED)


def _opened(argument: str, mappings: Sequence[str]) -> str:
    opens = any(argument.startswith(f"{mapping}.") for mapping in mappings)
    return f"++{argument}" if opens and "=" in argument else argument


def _drop_unread() -> None:
    """Spare Python's complaint at the exit, which would change the exit status.

    A reader may have left, as in `--help | head`, or the disk that the streams lie on may be full.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _leave(wants_traceback: bool, message: str, status: int = _MISTAKE) -> NoReturn:  # noqa: FBT001
    if wants_traceback:
        traceback.print_exc()
    with suppress(OSError):  # the disk that is full may be the one where the messages go
        print(f"error: {for_terminal(message)}", file=sys.stderr, flush=True)
    sys.exit(status)
