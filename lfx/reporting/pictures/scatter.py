"""Embeddings as a picture."""

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
    """Draw samples in the plane, a panel for each moment, and write a PNG.

    Args:
        file: where to.
        title: of the whole.
        panels: title -> (samples, 2).
        labels: (samples,) class indices.
        classes: their names.
    """
    with drawing(file, 4.2 * len(panels), 4.6) as figure:
        figure.suptitle(title, fontsize=10)
        for axes, (name, points) in zip(
            np.atleast_1d(figure.subplots(1, len(panels))), panels.items(), strict=True
        ):
            axes.set_title(name, fontsize=11)
            axes.set_xticks([])
            axes.set_yticks([])
            for place, label in enumerate(classes):
                own = points[np.asarray(labels) == place]
                axes.scatter(
                    own[:, 0],
                    own[:, 1],
                    s=16,
                    alpha=0.7,
                    linewidths=0,
                    color=COLOURS[place % len(COLOURS)],
                    marker=_MARKERS[place % len(_MARKERS)],
                    label=f"{label} ({len(own)})",
                )
        handles, names = figure.axes[0].get_legend_handles_labels()
        if len(names) > MOST_NAMES:  # more than there are colours and markers, or room
            return
        figure.legend(handles, names, loc="outside lower center", ncols=len(classes), frameon=False)
