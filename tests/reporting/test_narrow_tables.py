"""Tables in terminals of any width: no number is folded or cut, no column is lost."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from lfx.reporting import table as tables
from lfx.reporting.table import COUNT, NUMBER, Column, Table

WORDS = st.text("abcdefghij_", min_size=1, max_size=24)
NAMES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)
NUMBERS = st.floats(-1, 1)


@st.composite
def any_table(draw: st.DrawFn) -> Table:
    count = draw(st.integers(1, 14))
    titles = draw(st.lists(NAMES, min_size=count, max_size=count))
    spares = draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    columns = [
        Column(f"{title} c{number}", NUMBER, spare=spare)
        for number, (title, spare) in enumerate(zip(titles, spares, strict=True))
    ]
    rows = draw(st.lists(st.tuples(NAMES, *[NUMBERS] * count).map(list), min_size=1, max_size=3))
    return Table([Column("name"), *columns], rows)


def printed(table: Table, width: int) -> str:
    out = StringIO()

    def console(**_: object) -> Console:
        return Console(file=out, width=width, force_terminal=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "Console", console)
        table.print()
    return out.getvalue()


@given(table=any_table(), width=st.sampled_from([60, 80, 120]))
def test_no_number_is_folded_or_cut_at_any_width(table: Table, width: int) -> None:
    text = printed(table, width)
    lines = text.split("not shown, the terminal")[0].splitlines()
    assert max(map(len, lines)) <= width
    left_out = re.sub(r"\s+", " ", text.partition("too narrow: ")[2])
    for index, column in enumerate(table.columns[1:], start=1):
        if re.search(rf"\bc{index - 1}\b", left_out):
            assert column.spare
            continue
        for row in table.rows:
            number = f"{row[index]:.3f}"
            assert any(number in line.split() for line in lines)
    for row in table.rows:
        assert all(any(word in line.split() for line in lines) for word in row[0].split())


def test_columns_that_have_no_room_stand_below_the_others() -> None:
    columns = [Column("scheme"), *(Column(f"score {n}", NUMBER) for n in range(12))]
    table = Table(columns, [["detection_rate_corrected", *(n / 16 for n in range(12))]])
    text = printed(table, 60)
    rows = [line.split() for line in text.splitlines() if line.startswith("detection")]
    assert len(rows) > 1
    assert [number for _, *row in rows for number in row] == [f"{n / 16:.3f}" for n in range(12)]
    assert len(printed(table, 200).split("detection")) == 2


def test_a_single_column_and_no_rows_are_tables_too() -> None:
    assert "name" in printed(Table([Column("name")], []), 60)
    assert "n" in printed(Table([Column("name"), Column("n", COUNT)], []), 60)
