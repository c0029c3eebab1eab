"""Which run of W&B a folder's run writes to: its id is kept there, for whoever carries it on."""

from __future__ import annotations

import logging
import re
import secrets
from typing import TYPE_CHECKING

from lfx.runtime.errors import RecordError
from lfx.runtime.files import write_json
from lfx.runtime.records import read_json

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

FILE = "wandb.json"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")  # it becomes part of a folder's name


def read_run_id(folder: Path) -> str | None:
    """Return the id of the W&B run that a folder's run writes to; None where it has none."""
    file = folder / FILE
    if not file.exists():
        return None
    try:
        content = read_json(file)
    except RecordError as error:
        log.warning("%s is passed over: %s", file, error)
        return None
    found = content.get("id") if isinstance(content, dict) else None
    if not isinstance(found, str) or not _ID.fullmatch(found):
        log.warning("%s is passed over: it has no id of a W&B run", file)
        return None
    return found


def keep_run_id(folder: Path, given: str | None = None) -> str:
    """Note the id of a folder's W&B run, and return it.

    Args:
        folder: the run's.
        given: the id; None: a new one.
    """
    chosen = given or secrets.token_hex(4)
    write_json(folder / FILE, {"id": chosen})
    return chosen


def inherit_run_id(origin: Path, heir: Path) -> None:
    """Let a run go on with the W&B run of the one that it carries on, where that has one."""
    found = read_run_id(origin)
    if found is not None and origin.resolve() != heir.resolve():
        keep_run_id(heir, found)
