"""Rows as CSV for people: what a spreadsheet would take for a formula is marked as text."""

from __future__ import annotations

import csv
from itertools import chain
from typing import TYPE_CHECKING

from lfx.runtime.escaping import for_csv
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def write_rows(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV with all digits; it becomes whole or stays as it is."""
    with atomic_path(file) as part, part.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerows([for_csv(cell) for cell in row] for row in chain([header], rows))
