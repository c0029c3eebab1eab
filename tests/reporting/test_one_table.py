"""One table in all its forms."""

from __future__ import annotations

import csv

import pytest

from lfx.reporting import table as tables
from lfx.reporting.table import COUNT, CSV, DIFFERENCE, DOCUMENT, NUMBER, Column, Format, Table
from lfx.runtime.escaping import for_latex

BOUNDS = Format(
    lambda one: f"{one[0]:.2f} [{one[1]:.2f}, {one[2]:.2f}]",
    {"": lambda one: one[0], " low": lambda one: one[1], " high": lambda one: one[2]},
)
COLUMNS = [
    Column("name"),
    Column("n", COUNT),
    Column("test accuracy", NUMBER),
    Column("test F1", BOUNDS, spare=1),
    Column("difference", DIFFERENCE, spare=2),
    Column("folder", where=frozenset({CSV})),
    Column("remark", where=frozenset({DOCUMENT})),
]
ROWS = [
    ["a_b & c", 407, 0.123456, (0.5, 0.4, 0.6), 0.25, "runs/a", "50 %"],
    ["a name that is very much longer than all the others", None, None, None, None, None, None],
]


@pytest.fixture
def width(monkeypatch):
    """Print as on a terminal of a width."""

    def set_width(columns):
        monkeypatch.setattr(tables, "_PIPE", columns)

    return set_width


def read(file):
    with file.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_a_csv_has_all_digits_and_a_column_for_each_part(tmp_path):
    rows = read(Table(COLUMNS, ROWS).write_csv(tmp_path / "a.csv"))
    assert rows[0] == [
        *("name", "n", "test accuracy", "test F1", "test F1 low", "test F1 high"),
        *("difference", "folder"),
    ]
    assert rows[1] == ["a_b & c", "407", "0.123456", "0.5", "0.4", "0.6", "0.25", "runs/a"]
    assert rows[2] == [ROWS[1][0], *[""] * 7]


def test_markdown_and_latex_show_the_same_cells():
    table = Table(COLUMNS, ROWS)
    cells = ["a_b & c", "407", "0.123", "0.50 [0.40, 0.60]", "+0.250", "50 %"]
    header, below, first, _ = table.markdown().splitlines()
    assert header == "| name | n | test accuracy | test F1 | difference | remark |"
    assert below == "| --- | ---: | ---: | ---: | ---: | --- |"
    assert first == f"| {' | '.join(cells)} |".replace("&", "&amp;")
    lines = table.latex().splitlines()
    assert lines[:2] == [r"\begin{tabular}{lrrrrl}", r"\toprule"]
    assert lines[4] == r"a\_b \& c & 407 & 0.123 & 0.50 [0.40, 0.60] & +0.250 & 50 \% \\"
    assert lines[-2:] == [r"\bottomrule", r"\end{tabular}"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("a\nb", "a b"),
        ("~^<>", r"\textasciitilde{}\textasciicircum{}\textless{}\textgreater{}"),
        ("0.7 ± 0.1", r"0.7 $\pm$ 0.1"),
        ("\x1b[2J", r"\textbackslash{}x1b[2J"),
    ],
)
def test_no_cell_is_a_command_of_latex(text, shown):
    assert for_latex(text) == shown


@pytest.mark.parametrize("columns", [200, 80, 60, 50, 40, 30])
def test_numbers_never_fold(width, capsys, columns):
    width(columns)
    Table(COLUMNS, ROWS).print()
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= columns
    assert "407" in printed
    assert "0.123" in printed
    assert ("0.50 [0.40, 0.60]" in printed) == (columns >= 50)
    assert ("+0.250" in printed) == (columns >= 60)
    _, _, dropped = " ".join(printed.split()).partition("not shown, the terminal is too narrow: ")
    assert dropped == {50: "difference"}.get(columns, "" if columns > 50 else "test F1, difference")


def test_what_stands_in_documents_alone_is_not_printed(capsys):
    Table(COLUMNS, ROWS).print()
    printed = capsys.readouterr().out
    assert "remark" not in printed
    assert "folder" not in printed


def test_all_files_at_once(tmp_path):
    files = Table(COLUMNS, ROWS).write(tmp_path, "mine")
    assert [file.name for file in files] == ["mine.csv", "mine.md", "mine.tex"]
    assert all(file.read_text() for file in files)


def test_a_number_that_is_no_score_takes_no_line():
    """A damaged file may hold any number; with all its digits no column would be left to read."""
    table = Table([Column("name"), Column("accuracy", NUMBER)], [["a", 1e308], ["b", -0.5]])
    assert table.markdown().splitlines()[2:] == ["| a | 1e+308 |", "| b | -0.500 |"]
