"""Strangers' words where people see them: nothing runs, steers, or breaks out of its cell."""

from __future__ import annotations

import csv
import doctest
import logging
import logging.config
import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from lfx.reporting.examples import show_paraphrases
from lfx.reporting.table import COUNT, Column, Table
from lfx.runtime import escaping
from lfx.runtime.errors import name_some
from lfx.runtime.escaping import for_csv, for_line, for_markdown, for_terminal
from lfx.runtime.locate import config_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_the_examples_are_right():
    assert doctest.testmod(escaping).failed == 0


@given(st.text())
def test_a_terminal_gets_nothing_that_steers_it(text: str):
    shown = for_terminal(text)
    categories = {unicodedata.category(letter) for letter in shown} - {"Cf"}
    assert not (categories - {"Cc"}) & {"Cs", "Zl", "Zp"}
    assert {letter for letter in shown if unicodedata.category(letter) == "Cc"} <= {"\n", "\t"}
    assert not set(shown) & set(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f"
    )
    assert for_terminal(shown) == shown
    assert not set(for_line(text)) & {"\n", "\t"}


def test_letters_and_emoji_stay():
    for text in ("größe", "模型", "👩\u200d👩\u200d👧", "नमस्ते", "שלום", "a\u00a0b"):
        assert for_line(text) == for_csv(text) == for_markdown(text) == text


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\uff1d1", "=", "-", "-a"],
)
def test_no_cell_of_a_csv_is_a_formula(tmp_path: Path, formula: str):
    rows = [(formula, -0.5), ("-1e-3", 2)]
    Table([Column(formula), Column("score")], rows).write_csv(tmp_path / "rows.csv")
    with (tmp_path / "rows.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.reader(stream))
    assert rows[0][0].startswith("'")
    assert rows[1] == [rows[0][0], "-0.5"]  # a number stays a number
    assert rows[2] == ["-1e-3", "2"]


def test_markdown_cells_hold_no_markup():
    cells = [
        "<script>alert(1)</script>",
        "a|b",
        "a\\|b",
        "`x`",
        "a\nb",
        "[a](javascript:b)",
        "![a](b)",
    ]
    text = Table([Column(cell) for cell in cells], [cells]).markdown()
    lines = text.splitlines()
    assert len(lines) == 3
    assert "<" not in text
    assert "](" not in text
    for line in lines:
        unescaped = line.replace("\\\\", "").replace("\\|", "")
        assert unescaped.count("|") == len(cells) + 1


def test_a_table_shows_markup_and_escapes_as_they_are(capsys):
    cell = "[bold]a[/bold]\x1b[31m\x1b]0;owned\x07"
    Table([Column("F1 [red]x[/red]"), Column("n", COUNT)], [[cell, 1]]).print()
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "[bold]a[/bold]\\x1b[31m\\x1b]0;owned\\x07" in shown
    assert "[red]x[/red]" in shown


def test_augments_examples_are_escaped(tmp_path: Path, capsys):
    pairs = [("<img src=x onerror=y>|\x1b[2J", "b\u202ec")]
    show_paraphrases(pairs, 3, tmp_path / "examples.md")
    written = (tmp_path / "examples.md").read_text(encoding="utf-8")
    assert "&lt;img src=x onerror=y&gt;\\|" in written
    assert "<" not in written
    assert not set(written + capsys.readouterr().out) & {"\x1b", "\u202e"}


def test_log_lines_and_messages_steer_no_terminal(tmp_path: Path, capsys):
    config = OmegaConf.load(config_folder() / "hydra/job_logging/lfx.yaml")
    config.handlers.file.filename = str(tmp_path / "job.log")
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logging.config.dictConfig(OmegaConf.to_container(config))
        logging.getLogger("lfx.test").info("id %s: größe", "a\x1b]0;x\x07\rb\u202e")
    finally:
        for handler in root.handlers:
            handler.close()
        root.handlers[:], root.level = before
    for shown in (capsys.readouterr().out, (tmp_path / "job.log").read_text(encoding="utf-8")):
        assert "id a\\x1b]0;x\\x07\\rb\\u202e: größe" in shown
    assert name_some(["a\nb", "\x1b"]) == "a\\nb, \\x1b"
