"""Draw embeddings in two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.reporting.pictures.figure import DOUBLE, MOST_NAMES, SINGLE, drawing, width_of
from lfx.reporting.pictures.legend import Legend
from lfx.reporting.pictures.lettering import TEXT, shortened
from lfx.reporting.pictures.palette import colour, marker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

# Inches of the narrowest panel.
_LEAST = 1.6


def draw_embeddings(
    file: Path,
    title: str,
    panels: Mapping[str, npt.NDArray[np.floating]],
    labels: Sequence[int],
    classes: Sequence[str],
) -> None:
    """Draw samples in two dimensions, with a panel for each set of embeddings.

    Args:
        file: path of the PNG.
        title: title of the picture.
        panels: title -> (samples, 2).
        labels: (samples,) class indices.
        classes: names of the classes.
    """
    width = width_of(SINGLE if len(panels) == 1 else DOUBLE)
    across = min(len(panels), max(1, int(width // _LEAST)))
    rows, side = -(-len(panels) // across), width / across
    of_class = [np.asarray(labels) == index for index in range(len(classes))]
    counted = [f"{name} ({rows_of.sum()})" for name, rows_of in zip(classes, of_class, strict=True)]
    # With more there is no room, and there are too few colours and markers.
    legend = Legend.of(counted if len(classes) <= MOST_NAMES else [], width)
    with drawing(file, title, width, rows * (side + 0.1) + legend.height) as figure:
        plots = figure.subplots(rows, across, squeeze=False)
        for axes in plots.flat[len(panels) :]:
            axes.set_visible(False)
        handles: list[Any] = []
        for axes, (name, points) in zip(plots.flat, panels.items(), strict=False):
            axes.set_title(shortened(name, side - 0.1, TEXT))
            axes.set_xticks([])
            axes.set_yticks([])
            handles = [
                axes.scatter(
                    points[rows_of, 0],
                    points[rows_of, 1],
                    s=9,
                    alpha=0.7,
                    linewidths=0,
                    color=colour(index),
                    marker=marker(index),
                )
                for index, rows_of in enumerate(of_class)
            ]
        legend.draw(figure, handles)
