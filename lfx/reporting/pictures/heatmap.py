"""Draw confusion matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfx.reporting.pictures.figure import drawing, name_positions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

_DARK = 0.6
# With more classes, cells are too small for numbers, and the picture has a fixed size in inches.
_MOST_CLASSES = 25
_FIXED_SIDE = 11.0


def draw_confusion(
    file: Path,
    title: str,
    panels: Mapping[str, npt.NDArray[np.integer]],
    classes: Sequence[str],
) -> None:
    """Draw counts, shaded by their share of the label's samples, and write a PNG.

    Args:
        file: path of the PNG.
        title: title of the picture.
        panels: title → `(classes, classes)`, rows are labels, columns are predictions.
        classes: names of the classes.
    """
    numbered = len(classes) <= _MOST_CLASSES
    side = 1.6 + 0.85 * len(classes) if numbered else _FIXED_SIDE
    with drawing(file, side * len(panels), side + (0.0 if numbered else 0.7)) as figure:
        figure.suptitle(title, fontsize=11)
        plots = np.atleast_1d(figure.subplots(1, len(panels)))
        for plot, (name, counts) in zip(plots, panels.items(), strict=True):
            shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
            plot.imshow(shares, cmap="Blues", vmin=0, vmax=1)
            cells = np.ndindex(*counts.shape) if numbered else ()
            for row, column in cells:
                plot.text(
                    column,
                    row,
                    f"{counts[row, column]}\n{shares[row, column]:.0%}",
                    ha="center",
                    va="center",
                    fontsize=9,
                    color="white" if shares[row, column] > _DARK else "black",
                )
            plot.set_title(f"{name} (n = {counts.sum()})", fontsize=10)
            plot.set_xlabel("predicted")
            plot.set_ylabel("label")
            plot.set_xticks(*name_positions(classes))
            plot.set_yticks(*name_positions(classes))
            if not numbered:
                plot.tick_params(axis="x", rotation=90)
                plot.tick_params(labelsize=7)
