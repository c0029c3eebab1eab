"""Which jobs a multirun has, and where: jobs.json in its directory."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lfx.runtime.errors import RecordError
from lfx.runtime.files import write_json
from lfx.runtime.records import read_json

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

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
    """Read the list; None where there is none, or it is damaged, which a warning tells."""
    file = sweep / FILE
    if not os.path.lexists(file):
        return None
    try:
        return _listed(read_json(file), sweep)
    except RecordError as error:
        log.warning("%s is passed over: %s", file, error)
        return None


def _listed(entries: object, sweep: Path) -> list[ListedJob]:
    if not isinstance(entries, list):
        raise RecordError("it is no list of jobs")
    jobs = []
    for number, entry in enumerate(entries):
        folder = entry.get("folder") if isinstance(entry, dict) else None
        overrides = entry.get("overrides") if isinstance(entry, dict) else None
        if not isinstance(folder, str) or "\0" in folder or not isinstance(overrides, list):
            raise RecordError(f"entry {number} is no job")
        jobs.append(ListedJob(number, sweep / folder, tuple(map(str, overrides))))
    return jobs
