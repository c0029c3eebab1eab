"""Naming the files that a report has written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.runtime.escaping import for_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def written(files: Sequence[Path]) -> str:
    """Return a line that names files, their common folder once.

    Example:
        >>> from pathlib import Path
        >>> written([Path("out/report.csv"), Path("out/report.md")])
        'written to out: report.csv, report.md'
    """
    folders = {file.parent for file in files}
    if len(folders) != 1:
        return for_line(f"written: {', '.join(map(str, files))}")
    return for_line(f"written to {folders.pop()}: {', '.join(file.name for file in files)}")
