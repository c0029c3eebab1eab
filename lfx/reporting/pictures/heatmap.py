"""Draw confusion matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lfx.reporting.pictures.figure import DOUBLE, SINGLE, drawing, width_of
from lfx.reporting.pictures.lettering import (
    LINE,
    NAMES,
    TEXT,
    shortened,
    shortened_names,
    text_width,
    thinned,
    widest,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt
    from matplotlib.axes import Axes

_DARK = 0.6
# Inches: the longest name, the gap between panels, the axis' title, the colour bar, the largest
# cell, the smallest side by side, and the smallest with both a count and a share.
_LONGEST, _BETWEEN, _AXIS, _BAR, _LARGEST, _SMALLEST, _BOTH = 1.1, 0.25, 0.35, 0.5, 0.6, 0.15, 0.32
# Inches of the largest panel in a column of several, and of any: more do not fit on a page.
_TALLEST, _TALLEST_ALONE = 3.9, 5.6


def draw_confusion(
    file: Path,
    title: str,
    panels: Mapping[str, npt.NDArray[np.integer]],
    classes: Sequence[str],
) -> None:
    """Draw counts, shaded by their share of the label's samples.

    Where cells are too small for two numbers, they have the count alone, or none.

    Args:
        file: path of the PNG.
        title: title of the picture.
        panels: title → `(classes, classes)`, rows are labels, columns are predictions.
        classes: names of the classes.
    """
    names = shortened_names(classes, _LONGEST)
    layout = _Layout.of(len(panels), names)
    with drawing(file, title, layout.width, layout.height) as figure:
        figure.set_layout_engine("compressed")  # cells are squares
        plots = figure.subplots(layout.rows, layout.across, squeeze=False, sharex=True, sharey=True)
        for plot in plots.flat[len(panels) :]:
            plot.set_visible(False)
        beside = thinned(names, layout.side)
        image = None
        for plot, (name, counts) in zip(plots.flat, panels.items(), strict=False):
            shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
            image = plot.imshow(shares, cmap="Blues", vmin=0, vmax=1)
            _write_cells(plot, counts, shares, layout.cell)
            plot.set_title(shortened(f"{name} (n = {counts.sum()})", layout.side, TEXT))
            plot.tick_params(length=1.5, pad=1.5)
        for plot in plots[:, 0]:
            plot.set_ylabel("label")
            plot.set_yticks(*beside)
        for plot in plots[-1]:
            plot.set_xlabel("predicted")
            plot.set_xticks(*(beside if layout.turned else (range(len(names)), names)))
            plot.tick_params(axis="x", rotation=90 if layout.turned else 0)
        if image is not None and layout.cell < _BOTH:
            bar = figure.colorbar(image, ax=plots, fraction=0.04, aspect=30, pad=0.02)
            bar.set_label("share of the label's samples")
            bar.outline.set_linewidth(0.6)


@dataclass(frozen=True)
class _Layout:
    """The sizes of a picture, in inches.

    Attributes:
        width: of the picture.
        across: the number of panels side by side.
        rows: the number of rows of panels.
        cell: the side of a cell.
        side: the side of a panel.
        turned: whether names below a panel stand upright.
        below: what names below panels need.
    """

    width: float
    across: int
    rows: int
    cell: float
    side: float
    turned: bool
    below: float

    @classmethod
    def of(cls, panels: int, names: Sequence[str]) -> _Layout:
        """Return the layout: a column's width if it leaves room for both numbers, else two."""
        count, longest = len(names), widest(names)

        def cell(width: float, across: int) -> float:
            bare = width - longest - _AXIS - _BETWEEN * across
            both = min(_LARGEST, bare / (across * count))
            return both if both >= _BOTH else (bare - _BAR) / (across * count)

        width = width_of(SINGLE if cell(SINGLE, panels) >= _BOTH else DOUBLE)
        across = panels
        while across > 1 and cell(width, across) < _SMALLEST:
            across -= 1
        rows = -(-panels // across)
        side = min(cell(width, across) * count, _TALLEST if rows > 1 else _TALLEST_ALONE)
        turned = longest + 0.06 > side / count
        return cls(width, across, rows, side / count, side, turned, longest if turned else LINE)

    @property
    def height(self) -> float:
        """The height of the picture."""
        return self.rows * (self.side + _BETWEEN) + self.below + _AXIS


def _write_cells(
    plot: Axes, counts: npt.NDArray[np.integer], shares: npt.NDArray[np.floating], cell: float
) -> None:
    """Write counts into cells, and shares below them, as far as there is room."""
    with_shares = cell >= _BOTH
    if text_width(str(counts.max())) + 0.03 > cell or cell < LINE + 0.02:
        return
    for row, column in np.ndindex(*counts.shape):
        if not with_shares and counts[row, column] == 0:
            continue
        share = f"\n{shares[row, column]:.0%}" if with_shares else ""
        plot.text(
            column,
            row,
            f"{counts[row, column]}{share}",
            ha="center",
            va="center",
            fontsize=NAMES,
            color="white" if shares[row, column] > _DARK else "black",
        )
