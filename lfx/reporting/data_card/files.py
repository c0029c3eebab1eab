"""Printing a data card, and writing it as Markdown, JSON and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from lfx.reporting.data_card.card_page import card_page
from lfx.reporting.data_card.findings import files_were_skimmed, findings
from lfx.reporting.data_card.record import card_record
from lfx.reporting.data_card.tables import card_tables
from lfx.runtime.escaping import for_line, for_markdown
from lfx.runtime.files import atomic_path, write_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.reporting.data_card.card import DataCard
    from lfx.reporting.table import Table


def report_card(card: DataCard, folder: Path, *, whole_files: bool) -> list[Path]:
    """Print a card, and write `data_card.md`, `data_card.json` and `data_card.html`.

    Args:
        card: the card.
        folder: of the files.
        whole_files: whether files were decoded to their end.

    Returns:
        The paths of the files.
    """
    sentences = [*findings(card), *files_were_skimmed(card, whole_files=whole_files)]
    tables = card_tables(card)
    _print(sentences, tables)
    texts = {
        folder / "data_card.md": _markdown(card.name, sentences, tables),
        folder / "data_card.html": card_page(card, sentences, tables),
    }
    for file, text in texts.items():
        with atomic_path(file) as part:
            part.write_text(text, encoding="utf-8", errors="replace")
    write_json(folder / "data_card.json", card_record(card, sentences))
    return [*texts, folder / "data_card.json"]


def _print(sentences: Sequence[str], tables: Mapping[str, Table]) -> None:
    console = Console()
    for sentence in sentences:
        console.print(Text(f"- {for_line(sentence)}"), soft_wrap=True)
    for caption, table in tables.items():
        console.print(Text(f"\n{for_line(caption)}"))
        table.print()


def _markdown(name: str, sentences: Sequence[str], tables: Mapping[str, Table]) -> str:
    lines = [f"# Data card: {for_markdown(name)}", ""]
    lines += [f"- {for_markdown(sentence)}" for sentence in sentences]
    for caption, table in tables.items():
        lines += ["", f"## {for_markdown(caption)}", "", table.markdown().rstrip("\n")]
    return "\n".join(lines) + "\n"
