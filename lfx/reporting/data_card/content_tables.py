"""The tables of what a data card measured and counted in its columns."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from lfx.reporting.data_card.quantiles import Quantiles, shown
from lfx.reporting.table import Column, Format, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.reporting.data_card.contents import Content

# Rows of a long list of values; data_card.json has all.
_MOST_VALUES = 8
COUNTED = Format("{:,}".format)
_MEASURE = Format(shown)


def _both(value: tuple[int, int]) -> str:
    count, of = value
    return f"{count:,} ({100 * count / of:.1f} %)" if of else f"{count:,}"


# A number of samples, and of how many.
COUNT_OF = Format(
    _both, {"": lambda value: value[0], " share": lambda value: value[0] / max(1, value[1])}
)


def measures_table(contents: Mapping[str, Content]) -> Table:
    """Return the quantiles of everything that was measured.

    Args:
        contents: column → what samples have there.
    """
    rows = []
    for name, content in contents.items():
        for what, values in content.facts.measures.items():
            found = Quantiles.of(values)
            if found is not None:
                numbers = (found.mean, found.least, found.low, found.median, found.high, found.most)
                rows.append([name, what, found.count, *numbers])
    titles = ("mean", "least", "5\N{NO-BREAK SPACE}%", "median", "95\N{NO-BREAK SPACE}%", "most")
    return Table(
        [
            *(Column("column"), Column("measure", least=12), Column("n", COUNTED, spare=1)),
            *(Column(title, _MEASURE, spare=2 if title == "mean" else 0) for title in titles),
        ],
        rows,
    )


def values_table(contents: Mapping[str, Content]) -> Table:
    """Return the most frequent values of everything that was counted.

    Args:
        contents: column → what samples have there.
    """
    rows: list[list[Any]] = []
    for name, content in contents.items():
        for what, counts in content.facts.counts.items():
            rows += [[name, what, *row] for row in most_frequent(counts)]
    columns = [Column("column"), Column("what"), Column("value"), Column("samples", COUNT_OF)]
    return Table(columns, rows)


def most_frequent(counts: Mapping[str, int]) -> list[tuple[str, tuple[int, int]]]:
    """Return the most frequent values with their counts, and one row of all others."""
    total = sum(counts.values())
    ordered = Counter(counts).most_common()
    listed = len(ordered) if len(ordered) == _MOST_VALUES + 1 else _MOST_VALUES
    rows = [(value, (count, total)) for value, count in ordered[:listed]]
    rest = ordered[listed:]
    if rest:
        rows.append((f"{len(rest):,} others", (sum(count for _, count in rest), total)))
    return rows
