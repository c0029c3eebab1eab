"""Draw reliability diagrams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfx.reporting.pictures.figure import DOUBLE, SINGLE, drawing, width_of
from lfx.reporting.pictures.lettering import TEXT, shortened, text_width
from lfx.reporting.pictures.palette import COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.evaluation.reliability import ReliabilityBin

# Inches: the narrowest panel, the widest one, an axis with its title, the gap between panels, the
# title of one.
_LEAST, _LARGEST, _AXIS, _BETWEEN, _TITLE = 1.6, 3.0, 0.4, 0.16, 0.24
# Panels that fit beside each other in one column of a paper.
_IN_A_COLUMN = 2


def draw_reliability(
    file: Path, title: str, panels: Mapping[str, Sequence[ReliabilityBin]]
) -> None:
    """Draw accuracy over confidence, with intervals, beside the diagonal.

    The area of a point is in proportion to the number of its samples.

    Args:
        file: path of the PNG.
        title: title of the picture.
        panels: title → the bins of a reliability diagram.
    """
    width = width_of(SINGLE if len(panels) <= _IN_A_COLUMN else DOUBLE)
    across = min(len(panels), max(1, int(width // _LEAST)))
    rows = -(-len(panels) // across)
    side = min(_LARGEST, (width - _AXIS) / across - _BETWEEN)
    with drawing(file, title, width, rows * (side + _TITLE) + _AXIS) as figure:
        plots = figure.subplots(rows, across, squeeze=False, sharex=True, sharey=True)
        for plot in plots.flat[len(panels) :]:
            plot.set_visible(False)
        for plot, (name, bins) in zip(plots.flat, panels.items(), strict=False):
            samples = np.array([one.samples for one in bins])
            confidence = [one.confidence for one in bins]
            accuracy = np.array([one.accuracy for one in bins])
            reach = np.array(
                [
                    (one.accuracy - one.interval.low, one.interval.high - one.accuracy)
                    for one in bins
                ]
            )
            plot.plot([0, 1], [0, 1], color="#999999", linewidth=0.8, linestyle="--")
            plot.errorbar(
                confidence,
                accuracy,
                yerr=np.maximum(reach.T, 0),
                fmt="none",
                ecolor=COLOURS[0],
                elinewidth=0.8,
            )
            plot.scatter(confidence, accuracy, 4 + 60 * samples / samples.sum(), COLOURS[0])
            count = f" (n = {samples.sum():,})"
            plot.set_title(shortened(name, side - 0.1 - text_width(count, TEXT), TEXT) + count)
            plot.set_xticks([0, 0.5, 1])
            plot.set_yticks([0, 0.5, 1])
            plot.set_xlim(0, 1.02)
            plot.set_ylim(0, 1.02)
            plot.set_box_aspect(1)
            plot.grid(visible=True)
        for plot in plots.flat[max(0, len(panels) - across) : len(panels)]:  # nothing is below them
            plot.set_xlabel("confidence")
            plot.tick_params(labelbottom=True)
        for plot in plots[:, 0]:
            plot.set_ylabel("accuracy")
