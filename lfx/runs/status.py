"""What a run says of itself: status.json in its directory."""

from __future__ import annotations

import logging
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lfx.runtime.errors import RecordError
from lfx.runtime.files import write_json
from lfx.runtime.records import read_json

log = logging.getLogger(__name__)

FILE = "status.json"
_LARGEST_PID = 2**31 - 1
_CLOCKS_MAY_DIFFER = 60.0  # seconds


def now() -> str:
    """Return the time in UTC, ISO 8601, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass
class RunStatus:
    """How a run stands. `state` is running, completed, failed or interrupted."""

    stage: str
    state: str = "running"
    started: str = field(default_factory=now)
    ended: str | None = None
    error: str | None = None
    overrides: list[str] = field(default_factory=list)
    # Of the process: a run that says `running` without one was killed.
    pid: int = 0
    host: str = ""
    # The run that carries this one on.
    resumed_by: str | None = None
    # A hash of the settings and of what was read, where a multirun may keep the job.
    settings: str = ""
    # The number that the task returned, which a sweeper optimises.
    objective: float | None = None

    def write(self, folder: Path) -> None:
        """Write the status into the run's directory."""
        write_json(folder / FILE, asdict(self))

    def is_abandoned(self) -> bool:
        """Return whether the run did not complete, no longer runs, and nobody carries it on."""
        if self.state == "completed" or self.resumed_by is not None:
            return False
        if self.state != "running":
            return True
        return self._is_of_this_machine() and not _is_alive(self.pid, self.started)

    def is_alive(self) -> bool:
        """Return whether the run is at work on this machine."""
        is_ours = self.state == "running" and self._is_of_this_machine()
        return is_ours and _is_alive(self.pid, self.started)

    def _is_of_this_machine(self) -> bool:
        return self.host in {"", platform.node()}

    def end(self, folder: Path, state: str, error: str | None = None) -> None:
        """Write how the run ended."""
        self.state, self.error, self.ended = state, error, now()
        self.write(folder)


def _is_alive(pid: int, started: str) -> bool:
    # 0: the run noted none. On Windows signal 0 is Ctrl-C, so nobody is asked there.
    if not 0 < pid <= _LARGEST_PID or os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return not _has_ended(pid, started)


def _has_ended(pid: int, started: str) -> bool:
    """Find out, on Linux, that a process is only waiting to be cleared away, or a later one.

    Containers give the same few numbers again and again, and nobody may clear away in them.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        up = float(Path("/proc/uptime").read_text(encoding="utf-8").split()[0])
        age = up - int(fields[19]) / os.sysconf("SC_CLK_TCK")
        run = (datetime.now(UTC) - datetime.fromisoformat(started)).total_seconds()
    except (OSError, ValueError, TypeError, IndexError):
        return False
    return fields[0] == "Z" or age + _CLOCKS_MAY_DIFFER < run


def note_heir(folder: Path, heir: Path) -> None:
    """Note in a run's status that another run carries it on."""
    status = read_status(folder)
    if status is not None:
        status.resumed_by = str(heir)
        status.write(folder)


def read_status(folder: Path) -> RunStatus | None:
    """Read a run's status; None where there is none, or it is damaged, which a warning tells."""
    try:
        return require_status(folder)
    except RecordError as error:
        log.warning("%s is passed over: %s", folder / FILE, error)
        return None


def require_status(folder: Path) -> RunStatus | None:
    """Read a run's status; None where there is none.

    Raises:
        RecordError: there is something that is no status, or the folder may not be read.
    """
    file = folder / FILE
    try:
        file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise RecordError(error.strerror or str(error)) from error
    content = read_json(file)
    if not isinstance(content, dict):
        raise RecordError("it is no status of a run")
    # A later lfx may have noted more.
    known = {key: value for key, value in content.items() if key in _KINDS}
    wrong = [key for key, value in known.items() if not _fits(value, _KINDS[key])]
    if "stage" not in known or wrong:
        raise RecordError(f"it is no status of a run: {', '.join(wrong) or 'no stage'}")
    return RunStatus(**known)


_KINDS: dict[str, tuple[type, ...]] = {
    "stage": (str,),
    "state": (str,),
    "started": (str,),
    "ended": (str, type(None)),
    "error": (str, type(None)),
    "overrides": (list,),
    "pid": (int,),
    "host": (str,),
    "resumed_by": (str, type(None)),
    "settings": (str,),
    "objective": (int, float, type(None)),
}


def _fits(value: object, kinds: tuple[type, ...]) -> bool:
    if isinstance(value, list):
        return list in kinds and all(isinstance(one, str) for one in value)
    return isinstance(value, kinds) and not isinstance(value, bool)
