"""What a run says of itself: status.json in its directory."""

from __future__ import annotations

import json
import os
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
    pid: int = field(default_factory=os.getpid)

    def write(self, folder: Path) -> None:
        """Write the status into the run's directory."""
        write_json(folder / FILE, asdict(self))

    def end(self, folder: Path, state: str, error: str | None = None) -> None:
        """Write how the run ended."""
        self.state, self.error, self.ended = state, error, now()
        self.write(folder)


def read_status(folder: Path) -> RunStatus | None:
    """Read a run's status; None where there is none or it is unreadable."""
    try:
        return RunStatus(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
