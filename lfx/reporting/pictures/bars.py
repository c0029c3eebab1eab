"""Draw numbers per class: as bars, or of many classes as points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.reporting.pictures.figure import DOUBLE, SINGLE, drawing, width_of
from lfx.reporting.pictures.legend import Legend
from lfx.reporting.pictures.lettering import (
    NAMES,
    TEXT,
    shortened,
    shortened_names,
    thinned,
    widest,
)
from lfx.reporting.pictures.palette import colour, hatch, marker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

# The largest number of classes with bars and a number at the end of each.
_MOST_BARS = 8
# Inches: a bar, the gap between classes, a row of points, the tallest panel, the narrowest panel,
# axis and title, the largest share of a panel's width for names.
_BAR, _GAP, _ROW, _TALLEST, _NARROWEST, _AXIS, _NAMES = 0.13, 0.08, 0.15, 8.0, 1.3, 0.55, 0.4


def draw_bars(
    file: Path,
    title: str,
    names: Sequence[str],
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    form: str,
    top: float | None = None,
) -> None:
    """Draw panels of grouped bars, with numbers behind the bars; of many groups, points.

    Args:
        file: path of the PNG.
        title: title of the picture.
        names: names of the groups, along the vertical axis.
        panels: panel → series → one number per group.
        form: format of the numbers, such as `.2f`.
        top: the largest possible number; None: each panel has its own range.
    """
    series = next(iter(panels.values()))
    width = width_of(SINGLE if len(panels) == 1 else DOUBLE)
    short = shortened_names(names, _NAMES * min(width, SINGLE))
    across = max(1, min(len(panels), int((width - _NAMES * SINGLE) // _NARROWEST)))
    rows = -(-len(panels) // across)
    height = min(_TALLEST, _row_height(len(names), len(series)) * len(names))
    legend = Legend.of(list(series) if len(series) > 1 else [], width)
    with drawing(file, title, width, rows * (height + _AXIS) + legend.height) as figure:
        plots = figure.subplots(rows, across, squeeze=False, sharey=True)
        for plot in plots.flat[len(panels) :]:
            plot.set_visible(False)
        handles: list[Any] = []
        for plot, (name, numbers) in zip(plots.flat, panels.items(), strict=False):
            plot.set_title(shortened(name, (width - widest(short)) / across - 0.25, TEXT))
            handles = _draw_panel(plot, numbers, form, top)
            _set_range(plot, len(names), top, form)
            plot.tick_params(axis="y", length=0)
        for plot in plots[:, 0]:
            plot.set_yticks(*thinned(short, height))
        legend.draw(figure, handles)


def _row_height(groups: int, series: int) -> float:
    return series * _BAR + _GAP if groups <= _MOST_BARS else _ROW


def _draw_panel(
    plot: Axes, series: Mapping[str, Sequence[float]], form: str, top: float | None
) -> list[Any]:
    """Draw the series of a panel; return a handle of each for the legend."""
    groups = len(next(iter(series.values())))
    places = np.arange(groups)
    handles: list[Any] = []
    if groups > _MOST_BARS:
        for index, numbers in enumerate(series.values()):
            handles += plot.plot(
                numbers,
                places,
                linestyle="none",
                marker=marker(index),
                markersize=3.5,
                markeredgewidth=0,
                alpha=0.85,
                color=colour(index),
                clip_on=False,
            )
        plot.grid(visible=True)
        return handles
    share = _BAR / (len(series) * _BAR + _GAP)
    for index, numbers in enumerate(series.values()):
        bars = plot.barh(
            places + (index - (len(series) - 1) / 2) * share,
            numbers,
            0.9 * share,
            color=colour(index),
            hatch=hatch(index),
            edgecolor="white",
            linewidth=0,
        )
        texts = [format(number, form) for number in numbers]
        plot.bar_label(bars, texts, fontsize=NAMES, padding=1.5)
        handles.append(bars)
    largest = top or max((max(numbers) for numbers in series.values()), default=1)
    plot.set_xlim(0, 1.2 * largest if largest > 0 else 1)
    return handles


def _set_range(plot: Axes, groups: int, top: float | None, form: str) -> None:
    """Set the ranges: the first group is on top, counts have no fractions."""
    from matplotlib.ticker import MaxNLocator

    plot.set_ylim(groups - 0.5, -0.5)
    plot.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=form == "d"))
    plot.spines[["top", "right"]].set_visible(False)
    if groups > _MOST_BARS:
        plot.set_xlim(0, 1.02 * top if top else None)
    if top == 1.0:
        plot.set_xticks([0, 0.5, 1])
