"""Draw scores as curves over a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.reporting.pictures.figure import SINGLE, drawing, width_of
from lfx.reporting.pictures.legend import Legend
from lfx.reporting.pictures.lettering import TEXT, shortened
from lfx.reporting.pictures.palette import colour, dashes, marker

if TYPE_CHECKING:
    from pathlib import Path

# The height of a plot, in its widths.
_TALL = 0.62


@dataclass(frozen=True)
class Line:
    """One curve.

    Attributes:
        name: its name in the legend.
        positions: its points on the horizontal axis.
        heights: its scores; with steps one fewer than positions.
        colour: index of its colour; lines that belong together share a colour.
        dashed: whether it is dashed, as those of splits that nothing is chosen by.
    """

    name: str
    positions: Sequence[float]
    heights: Sequence[float]
    colour: int = 0
    dashed: bool = False


def draw_curves(
    file: Path,
    title: str,
    axes: tuple[str, str],
    lines: Sequence[Line],
    *,
    steps: bool = False,
    interval: tuple[float, float] | None = None,
) -> None:
    """Draw curves with a legend.

    Args:
        file: path of the PNG.
        title: title of the picture.
        axes: titles of the horizontal and of the vertical axis.
        lines: at least one curve.
        steps: whether scores are constant between positions, or belong to positions.
        interval: the interval with the best score, which is shaded; None: no shading.
    """
    width = width_of(SINGLE)
    shaded = [] if interval is None else ["best on the fit split"]
    legend = Legend.of([*(line.name for line in lines), *shaded], width)
    with drawing(file, title, width, _TALL * width + legend.height) as figure:
        plot = figure.subplots()
        plot.set_xlabel(shortened(axes[0], 0.8 * width, TEXT))
        plot.set_ylabel(shortened(axes[1], 0.8 * _TALL * width, TEXT))
        handles: list[Any] = []
        for line in lines:
            style: dict[str, Any] = {
                "color": colour(line.colour),
                "linestyle": dashes(line.colour) if line.dashed else "-",
                "linewidth": 1.2,
            }
            if steps:
                handles.append(plot.stairs(line.heights, line.positions, baseline=None, **style))
            else:
                style |= {"marker": marker(line.colour), "markersize": 3.5}
                handles += plot.plot(line.positions, line.heights, **style)
        if interval is not None:
            handles.append(plot.axvspan(*interval, color="#999999", alpha=0.25, linewidth=0))
        plot.grid(visible=True)
        legend.draw(figure, handles)
