"""Rows as CSV."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def write_rows(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV with all digits; it becomes whole or stays as it is."""
    with atomic_path(file) as part, part.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
