"""Draw how many samples each class has, and in which part (the paper's figure 1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.reporting.pictures.figure import SINGLE, drawing, width_of
from lfx.reporting.pictures.legend import Legend
from lfx.reporting.pictures.lettering import (
    NAMES,
    TEXT,
    shortened,
    shortened_names,
    thinned,
    widest,
)
from lfx.reporting.pictures.palette import colour, hatch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Inches: a row of few classes and of many, the tallest plot, the axis below it, the
# edges beside it.
_ROW, _LOW_ROW, _TALLEST, _AXIS, _EDGES = 0.24, 0.15, 8.0, 0.45, 0.25
_FEW = 12
# The largest number of classes with numbers behind their bars.
_MOST_NUMBERS = 60


def draw_stacked(
    file: Path, title: str, names: Sequence[str], parts: Mapping[str, Sequence[int]], axis: str
) -> None:
    """Draw a bar for each class, made of its parts, with their sum and its share behind it.

    Args:
        file: path of the PNG.
        title: title of the picture.
        names: names of the classes.
        parts: name of a part → its count of each class.
        axis: what is counted.
    """
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    width = width_of(SINGLE)
    row = _ROW if len(names) <= _FEW else _LOW_ROW
    height = min(_TALLEST, row * len(names))
    short = shortened_names(names, 0.4 * width)
    legend = Legend.of(list(parts) if len(parts) > 1 else [], width)
    sums = np.sum(list(parts.values()), axis=0)
    with drawing(file, title, width, height + _AXIS + legend.height) as figure:
        plot = figure.subplots()
        handles: list[Any] = []
        before = np.zeros(len(names), dtype=int)
        for index, counts in enumerate(parts.values()):
            handles.append(
                plot.barh(
                    np.arange(len(names)),
                    counts,
                    0.72,
                    left=before,
                    color=colour(index),
                    hatch=hatch(index),
                    edgecolor="white",
                    linewidth=0,
                )
            )
            before = before + np.asarray(counts)
        texts = [f"{count:,} ({count / max(1, sums.sum()):.1%})" for count in sums]
        if len(names) <= _MOST_NUMBERS:
            plot.bar_label(handles[-1], texts, fontsize=NAMES, padding=2)
        plot.set_xlim(0, 1.5 * max(1, sums.max()))
        plot.set_ylim(len(names) - 0.5, -0.5)
        plot.set_yticks(*thinned(short, height))
        plot.tick_params(axis="y", length=0)
        plot.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        plot.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        plot.spines[["top", "right"]].set_visible(False)
        plot.set_xlabel(shortened(axis, width - widest(short) - _EDGES, TEXT))
        legend.draw(figure, handles)
