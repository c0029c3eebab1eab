"""Draw scores as curves over a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.reporting.pictures.figure import drawing
from lfx.reporting.pictures.palette import COLOURS

if TYPE_CHECKING:
    from pathlib import Path


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
    """Draw curves with a legend, and write a PNG.

    Args:
        file: path of the PNG.
        title: title of the picture.
        axes: titles of the horizontal and of the vertical axis.
        lines: at least one curve.
        steps: whether scores are constant between positions, or belong to positions.
        interval: the interval with the best score, which is shaded; None: no shading.
    """
    with drawing(file, 8.0, 4.4) as figure:
        plot = figure.subplots()
        plot.set_title(title, fontsize=11)
        plot.set_xlabel(axes[0])
        plot.set_ylabel(axes[1])
        for line in lines:
            style: dict[str, Any] = {
                "color": COLOURS[line.colour % len(COLOURS)],
                "label": line.name,
                "linestyle": "--" if line.dashed else "-",
                "linewidth": 1.4,
            }
            if steps:
                plot.stairs(line.heights, line.positions, baseline=None, **style)
            else:
                plot.plot(line.positions, line.heights, marker="o", markersize=3.5, **style)
        if interval is not None:
            plot.axvspan(
                *interval, color="#999999", alpha=0.25, linewidth=0, label="best on the fit split"
            )
        plot.grid(visible=True, alpha=0.3)
        figure.legend(frameon=False, loc="outside right upper", fontsize=9)
