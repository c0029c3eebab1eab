"""Which jobs a multirun has, and where: jobs.json in its directory."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lfx.runtime.files import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE = "jobs.json"


@dataclass(frozen=True)
class ListedJob:
    """One job of a multirun, whether or not it has begun.

    Attributes:
        number: counted from 0.
        folder: its directory.
        overrides: its own.
    """

    number: int
    folder: Path
    overrides: tuple[str, ...]


def write_jobs(sweep: Path, jobs: Sequence[ListedJob]) -> None:
    """Write the list into the multirun's directory."""
    entries = [
        {"folder": os.path.relpath(job.folder, sweep), "overrides": list(job.overrides)}
        for job in jobs
    ]
    write_json(sweep / FILE, entries)


def read_jobs(sweep: Path) -> list[ListedJob] | None:
    """Read the list; None where there is none or it is unreadable."""
    try:
        entries = json.loads((sweep / FILE).read_text(encoding="utf-8"))
        return [
            ListedJob(number, sweep / entry["folder"], tuple(entry["overrides"]))
            for number, entry in enumerate(entries)
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return None
