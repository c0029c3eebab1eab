"""All cases, by family."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.case import Case

FAMILIES = (
    "artifacts.damaged",
    "artifacts.metadata",
    "artifacts.names",
    "artifacts.rows",
    "checkpoints.damaged",
    "checkpoints.metadata",
    "checkpoints.of_others",
    "checkpoints.resuming",
    "images.alpha",
    "images.depth",
    "images.odd",
    "paths.closed",
    "paths.files",
    "paths.names",
    "paths.roots",
    "run_folders.configs",
    "run_folders.metrics",
    "run_folders.others",
    "run_folders.statuses",
    "settings.encoders",
    "settings.other_commands",
    "settings.own_files",
    "settings.training",
    "surroundings",
    "tables.broken_rows",
    "tables.encodings",
    "tables.formats",
    "tables.groups_and_splits",
    "tables.identities",
    "tables.labels",
    "tables.quoting",
    "tables.references",
    "tables.separators",
    "tables.texts",
)


def all_cases() -> list[Case]:
    """Give every case; each name once.

    Raises:
        ValueError: two cases have one name.
    """
    cases = [
        case for family in FAMILIES for case in importlib.import_module(f"campaign.{family}").CASES
    ]
    names = [case.name for case in cases]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"cases of one name: {', '.join(twice)}")
    return cases
