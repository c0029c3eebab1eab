"""Draw numbers per class as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfx.reporting.pictures.figure import MOST_NAMES, drawing, name_positions
from lfx.reporting.pictures.palette import COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


# The largest width of a panel, in inches, and the largest number of bars with numbers above them.
_WIDEST, _MOST_NUMBERS = 16.0, 40


def draw_bars(
    file: Path,
    title: str,
    names: Sequence[str],
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    form: str,
    top: float | None = None,
) -> None:
    """Draw panels of grouped bars, with numbers above the bars, and write a PNG.

    Args:
        file: path of the PNG.
        title: title of the picture.
        names: names of the groups, along the horizontal axis.
        panels: panel → series → one number per group.
        form: format of the numbers, such as `.2f`.
        top: the largest possible number; None: each panel has its own range.
    """
    bars_in_a_panel = len(names) * max(map(len, panels.values()))
    width = min(max(4.4, 0.62 * bars_in_a_panel), _WIDEST)
    with drawing(file, width * len(panels), 4.2) as figure:
        figure.suptitle(title, fontsize=11)
        plots = np.atleast_1d(figure.subplots(1, len(panels)))
        for plot, (name, series) in zip(plots, panels.items(), strict=True):
            plot.set_title(name, fontsize=10)
            step = 0.84 / len(series)
            for index, (label, numbers) in enumerate(series.items()):
                colour = COLOURS[index % len(COLOURS)]
                if len(names) > MOST_NAMES:  # an outline in place of bars
                    edges = np.arange(len(names) + 1) - 0.5
                    plot.stairs(numbers, edges, label=label, color=colour, linewidth=0.8)
                    continue
                centres = np.arange(len(names)) + (index - (len(series) - 1) / 2) * step
                bars = plot.bar(centres, numbers, 0.92 * step, label=label, color=colour)
                if bars_in_a_panel <= _MOST_NUMBERS:
                    texts = [format(number, form) for number in numbers]
                    plot.bar_label(bars, texts, fontsize=8, padding=2)
            plot.set_xticks(*name_positions(names))
            if len(names) > _MOST_NUMBERS:
                plot.tick_params(axis="x", rotation=90, labelsize=7)
            plot.margins(y=0.12)
            if top is not None:
                plot.set_ylim(0, 1.1 * top)
            plot.spines[["top", "right"]].set_visible(False)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        if len(labels) > 1:
            figure.legend(
                handles, labels, loc="outside lower center", ncols=len(labels), frameon=False
            )
