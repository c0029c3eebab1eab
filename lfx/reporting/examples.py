"""Show texts and their paraphrases (the paper's figure 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.reporting.table import Column, Table
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def show_paraphrases(pairs: Sequence[tuple[str, str]], count: int, file: Path) -> None:
    """Print some texts and their paraphrases, and write them as Markdown.

    Args:
        pairs: text and paraphrase.
        count: the number of pairs to show, from the first on.
        file: path of the Markdown file.
    """
    shown = [tuple(" ".join(part.split()) for part in pair) for pair in pairs[:count]]
    if not shown:
        return
    table = Table([Column("text"), Column("paraphrase")], shown)
    table.print()
    with atomic_path(file) as part:
        part.write_text(table.markdown(), encoding="utf-8")
