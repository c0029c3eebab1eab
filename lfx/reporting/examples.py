"""Texts beside what was made of them (the paper's figure 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.reporting.table import markdown, print_table
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HEADER = ("text", "paraphrase")


def show_paraphrases(pairs: Sequence[tuple[str, str]], count: int, file: Path) -> None:
    """Print some texts beside their paraphrases, and write them as Markdown.

    Args:
        pairs: text and paraphrase.
        count: how many are shown, from the first on.
        file: where to.
    """
    shown = [tuple(" ".join(part.split()) for part in pair) for pair in pairs[:count]]
    if not shown:
        return
    print_table(_HEADER, shown, len(_HEADER))
    with atomic_path(file) as part:
        part.write_text(markdown(_HEADER, shown, len(_HEADER)), encoding="utf-8")
