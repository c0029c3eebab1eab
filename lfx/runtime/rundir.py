"""What a run says of itself: status.json in its directory."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lfx.runtime.files import write_json

if TYPE_CHECKING:
    from pathlib import Path

FILE = "status.json"


def now() -> str:
    """Give the time in UTC, ISO 8601, to the millisecond."""
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

    def write(self, folder: Path) -> None:
        """Write the status into the run's directory."""
        write_json(folder / FILE, asdict(self))

    def is_abandoned(self) -> bool:
        """Say whether the run did not complete, no longer runs, and nobody carries it on."""
        if self.state == "completed" or self.resumed_by is not None:
            return False
        if self.state != "running":
            return True
        here = self.host in {"", platform.node()}
        return here and not _is_alive(self.pid)

    def end(self, folder: Path, state: str, error: str | None = None) -> None:
        """Write how the run ended."""
        self.state, self.error, self.ended = state, error, now()
        self.write(folder)


def _is_alive(pid: int) -> bool:
    # 0: the run noted none. On Windows signal 0 is Ctrl-C, so nobody is asked there.
    if pid == 0 or os.name == "nt":
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True


def note_heir(folder: Path, heir: Path) -> None:
    """Note in a run's status that another run carries it on."""
    status = read_status(folder)
    if status is not None:
        status.resumed_by = str(heir)
        status.write(folder)


def read_status(folder: Path) -> RunStatus | None:
    """Read a run's status; None where there is none or it is unreadable."""
    try:
        return RunStatus(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
