"""Draw embeddings in two dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfx.reporting.pictures.figure import MOST_NAMES, drawing
from lfx.reporting.pictures.palette import COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

_MARKERS = "osD^vP*X"


def draw_embeddings(
    file: Path,
    title: str,
    panels: Mapping[str, npt.NDArray[np.floating]],
    labels: Sequence[int],
    classes: Sequence[str],
) -> None:
    """Draw samples in two dimensions, with a panel for each set of embeddings, and write a PNG.

    Args:
        file: path of the PNG.
        title: title of the picture.
        panels: title -> (samples, 2).
        labels: (samples,) class indices.
        classes: names of the classes.
    """
    with drawing(file, 4.2 * len(panels), 4.6) as figure:
        figure.suptitle(title, fontsize=10)
        for axes, (name, points) in zip(
            np.atleast_1d(figure.subplots(1, len(panels))), panels.items(), strict=True
        ):
            axes.set_title(name, fontsize=11)
            axes.set_xticks([])
            axes.set_yticks([])
            for index, class_name in enumerate(classes):
                of_class = points[np.asarray(labels) == index]
                axes.scatter(
                    of_class[:, 0],
                    of_class[:, 1],
                    s=16,
                    alpha=0.7,
                    linewidths=0,
                    color=COLOURS[index % len(COLOURS)],
                    marker=_MARKERS[index % len(_MARKERS)],
                    label=f"{class_name} ({len(of_class)})",
                )
        handles, names = figure.axes[0].get_legend_handles_labels()
        if len(names) > MOST_NAMES:  # no room, and too few colours and markers
            return
        figure.legend(handles, names, loc="outside lower center", ncols=len(classes), frameon=False)
