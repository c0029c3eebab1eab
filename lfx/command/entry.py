"""Running a command's task from the command line, up to its exit status.

Hydra composes the settings and calls a `StageJob` for each job. This module turns the outcome into
an exit status, and a user's mistake into a short message.
"""

from __future__ import annotations

import logging
import os
import re
import signal
import sys
import traceback
import warnings
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, NoReturn, TypeVar

import hydra
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from lfx.command.defaults import set_defaults
from lfx.command.earlier import SweepError
from lfx.command.help import use_own_help
from lfx.command.job import INTERRUPTED, Job, StageJob
from lfx.command.messages import PLAIN, explain
from lfx.command.multirun import NoteFolder
from lfx.command.options import put_options_last
from lfx.command.origins import interruption_behind, with_origins
from lfx.command.quoting import quote_letters
from lfx.command.register import register_schemas
from lfx.command.resolvers import register_resolvers
from lfx.command.storage import storage_error
from lfx.command.sweep import FailedJobsError
from lfx.runtime.errors import UserError, in_one_line
from lfx.runtime.escaping import for_terminal
from lfx.runtime.fields import is_text
from lfx.runtime.files import is_folder
from lfx.runtime.locate import config_folder
from lfx.runtime.progress import within_study
from lfx.runtime.signals import Terminated
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
# Mappings of the section `data` whose keys the user names.
OPEN_DATA = ("data.source.columns", "data.missing")


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
    """Run a command from the command line and exit with its status.

    Args:
        stage: name of the root YAML file.
        schema: the command's root dataclass.
        task: does the work; a sweeper optimises the number that it returns.
        open_mappings: settings whose keys the user names, such as `members`; `KEY.NAME=…` adds a
            name there without Hydra's `+`.
        collect: reports a multirun from its directory, whether or not jobs failed.
        inputs: returns a digest of what the task reads. With it, a multirun that is repeated into
            its directory keeps the jobs that have completed with the same settings and inputs. The
            task reports inputs that cannot be read.
        leaves: files that a completed job leaves.
        prepare: called with each job's settings before they are checked.
    """
    # Whether the user wants tracebacks; without them there is none after `| head` stopped reading.
    logging.raiseExceptions = os.environ.get("HYDRA_FULL_ERROR") == "1"
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra then raises, and lfx writes the messages
    register()
    _show_all_letters()
    use_own_help()
    arguments = put_options_last(sys.argv[1:])
    sys.argv[1:] = [quote_letters(with_plus(text, open_mappings)) for text in arguments]
    not_utf8 = [text for text in sys.argv[1:] if not is_text(text)]
    if not_utf8:
        _leave(f"these arguments are not UTF-8: {' '.join(not_utf8)}")

    job = StageJob(stage, schema, task, inputs, tuple(leaves), prepare)
    main = hydra.main(version_base="1.3", config_path=str(config_folder()), config_name=stage)
    previous = signal.signal(signal.SIGTERM, _terminate)
    try:
        with within_study():
            _run_all(main(job), job, collect)
        with suppress(BrokenPipeError):  # the reader has closed the pipe
            sys.stdout.flush()
    except UserError as error:
        _leave(str(error))
    except FailedJobsError as error:
        _leave(str(error), _MISTAKE if error.are_mistakes else _DEFECT)
    except BrokenPipeError:
        sys.exit(1)
    except (HydraException, OmegaConfBaseException) as error:
        mistakes = [cause for cause in with_origins(error) if isinstance(cause, UserError)]
        message = str(mistakes[0]) if mistakes else explain(error, stage, sys.argv[1:])
        _leave(message)
    except Exception as error:  # noqa: BLE001, all of them end the process
        _leave_after(error, job)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGTERM, previous)
        _discard_unwritten()


def _leave_after(error: Exception, job: StageJob[StageConfig]) -> NoReturn:
    """Exit after an error that is neither a user's mistake nor Hydra's own."""
    storage = storage_error(with_origins(error), NoteFolder.folder)
    if storage is not None:
        _leave(str(storage))
    if error is job.logged:
        _leave(f"{type(error).__name__}: {in_one_line(error)}", _DEFECT)
    if job.started or not _is_from_hydra(error):
        raise error
    _leave(explain(error, job.stage, sys.argv[1:]))


def _run_all(
    main: Callable[[], None],
    job: StageJob[StageConfig],
    collect: Callable[[Path], None] | None,
) -> None:
    """Run one job or all of a multirun, and report a multirun even if some of its jobs failed."""
    NoteFolder.folder = None
    before_any_job = (HydraException, OmegaConfBaseException, SweepError)
    try:
        main()
    except Exception as error:
        interruption = interruption_behind(error)
        if interruption is not None:  # a library failed in its cleanup
            raise interruption from None
        _explain_missing_launcher(error)
        if job.started or not isinstance(error, before_any_job):
            try:
                _report_multirun(collect)
            except Exception:  # the first error has to be reported in any case
                log.exception("the multirun could not be reported")
        raise
    if job.mistake is not None:
        raise job.mistake
    _report_multirun(collect)


def _report_multirun(collect: Callable[[Path], None] | None) -> None:
    folder = NoteFolder.folder
    if collect is not None and folder is not None and is_folder(folder):
        collect(folder)


def _is_from_hydra(error: Exception) -> bool:
    """Return whether a built-in error was raised within Hydra, not within lfx."""
    modules = [
        str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    packages = [name.partition(".")[0] for name in modules]
    *_, last = [name for name in packages if name in {"hydra", "omegaconf", "lfx", "hydra_plugins"}]
    return isinstance(error, PLAIN) and last in {"hydra", "omegaconf"}


def _explain_missing_launcher(error: Exception) -> None:
    """Raise a message that says what to install if the package of a launcher is missing."""
    unknown = re.match(
        r"Unknown plugin class : '(hydra_plugins\.hydra_(\w+)_launcher\..+)'", str(error)
    )
    if unknown:
        raise SweepError(
            f"the launcher {unknown[1]} is not installed: {how_to_install(unknown[2])}"
        ) from error


def register() -> None:
    """Register defaults, schemas and resolvers with Hydra; calling it twice is harmless."""
    set_defaults()
    register_schemas()
    register_resolvers()
    # lfx's configs replace the plugins' configs of the same names, which Hydra warns of.
    warnings.filterwarnings(
        "ignore", r"\s*'hydra/launcher/\w+' is validated against ConfigStore schema", UserWarning
    )


def _show_all_letters() -> None:
    """Print letters that the terminal's encoding lacks as escapes; Python would raise an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Raise SystemExit: Lightning would exit with status 0 and the next job would start."""
    raise Terminated(_TERMINATED)


def with_plus(argument: str, mappings: Sequence[str]) -> str:
    """Return an argument with Hydra's `++` where it adds a name to an open mapping."""
    is_open = any(argument.startswith((f"{mapping}.", f"{mapping}={{")) for mapping in mappings)
    return f"++{argument}" if is_open and "=" in argument else argument


def _discard_unwritten() -> None:
    """Discard output that cannot be written; Python's error at the exit would change the status.

    The reader may have closed the pipe, as in `--help | head`, or the disk may be full.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _leave(message: str, status: int = _MISTAKE) -> NoReturn:
    if logging.raiseExceptions:
        traceback.print_exc()
    with suppress(OSError):  # the disk that the messages are written to may be full
        print(f"error: {for_terminal(message)}", file=sys.stderr, flush=True)
    sys.exit(status)
