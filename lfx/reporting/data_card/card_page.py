"""A data card as one HTML file, without scripts and without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lfx.reporting.data_card.histogram import draw_histogram
from lfx.reporting.data_card.quantiles import Quantiles, bins_of, shown
from lfx.reporting.page.html_table import HtmlTable
from lfx.reporting.page.style import page_style
from lfx.runtime.escaping import for_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from lfx.reporting.data_card.card import DataCard
    from lfx.reporting.table import Table

_TEMPLATE = Path(__file__).parent / "card.html"


class Histogram(NamedTuple):
    """A chart of the page, with its heading."""

    title: str
    drawing: Markup


def card_page(card: DataCard, sentences: Sequence[str], tables: Mapping[str, Table]) -> str:
    """Return the page; everything that comes from the data is escaped in it.

    Args:
        card: the card.
        sentences: its findings.
        tables: caption → table.
    """
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATE.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template(_TEMPLATE.name).render(
        title=for_line(f"Data card: {card.name}"),
        style=page_style(),
        sentences=[for_line(sentence) for sentence in sentences],
        tables=[HtmlTable.of(caption, table) for caption, table in tables.items()],
        bars=_class_bars(card),
        histograms=_histograms(card),
    )


def _class_bars(card: DataCard) -> list[tuple[str, int, float]]:
    """Return each class with its number of samples, and its share of the largest, in percent."""
    counts = card.table.class_counts()
    largest = max([*counts, 1])
    return [
        (for_line(name), count, round(100 * count / largest, 1))
        for name, count in zip(card.table.classes, counts, strict=True)
    ]


def _histograms(card: DataCard) -> list[Histogram]:
    charts = []
    for name, content in card.contents.items():
        for what, values in content.facts.measures.items():
            bins, found = bins_of(values), Quantiles.of(values)
            if found is None or len(np.unique(values[np.isfinite(values)])) == 1:
                continue
            title = for_line(f"{name}: {what}")
            described = (
                f"{title} of {found.count:,} samples: median {shown(found.median)}, 90 % of them "
                f"from {shown(found.low)} to {shown(found.high)}"
            )
            charts.append(Histogram(title, draw_histogram(bins, described)))
    return charts
