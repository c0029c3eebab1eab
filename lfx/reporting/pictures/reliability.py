"""Draw reliability diagrams."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfx.reporting.pictures.figure import drawing
from lfx.reporting.pictures.palette import COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.evaluation.reliability import ReliabilityBin

# Panels in a row, and inches of each.
_ACROSS, _SIDE = 4, 3.0


def draw_reliability(
    file: Path, title: str, panels: Mapping[str, Sequence[ReliabilityBin]]
) -> None:
    """Draw accuracy over confidence, with intervals, beside the diagonal, and write a PNG.

    The area of a point is in proportion to the number of its samples.

    Args:
        file: path of the PNG.
        title: title of the picture.
        panels: title → the bins of a reliability diagram.
    """
    across = min(_ACROSS, len(panels))
    rows = -(-len(panels) // across)
    with drawing(file, _SIDE * across + 0.4, _SIDE * rows + 0.7) as figure:
        figure.suptitle(title, fontsize=11)
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
            plot.plot([0, 1], [0, 1], color="#999999", linewidth=1, linestyle="--")
            plot.errorbar(
                confidence,
                accuracy,
                yerr=np.maximum(reach.T, 0),
                fmt="none",
                ecolor=COLOURS[0],
                elinewidth=1,
            )
            plot.scatter(confidence, accuracy, 8 + 120 * samples / samples.sum(), COLOURS[0])
            plot.set_title(f"{name} (n = {samples.sum()})", fontsize=10)
            plot.set_xlim(0, 1.02)
            plot.set_ylim(0, 1.02)
            plot.set_box_aspect(1)
            plot.grid(visible=True, alpha=0.3)
        for plot in plots[-1]:
            plot.set_xlabel("confidence")
        for plot in plots[:, 0]:
            plot.set_ylabel("accuracy")
