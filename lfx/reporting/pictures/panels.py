"""Draw curves in a grid of panels with one legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.reporting.pictures.figure import DOUBLE, SINGLE, drawing, width_of
from lfx.reporting.pictures.legend import Legend
from lfx.reporting.pictures.lettering import TEXT, shortened
from lfx.reporting.pictures.palette import colour, dashes, marker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.reporting.pictures.curves import Line


def draw_panels(
    file: Path,
    title: str,
    across: Mapping[str, str],
    panels: Mapping[str, Mapping[str, Sequence[Line]]],
) -> None:
    """Draw a row of panels for each score.

    Lines of one name look the same in all panels; panels of a row share their range.

    Args:
        file: path of the PNG.
        title: title of the picture.
        across: column of panels → title of its horizontal axis.
        panels: title of the vertical axis → column of panels → lines, at least one.
    """
    from matplotlib.ticker import MaxNLocator

    width = width_of(SINGLE if len(across) == 1 else DOUBLE)
    side = width / len(across)
    named: dict[str, Line] = {
        line.name: line
        for columns in panels.values()
        for lines in columns.values()
        for line in lines
    }
    legend = Legend.of(list(named), width)
    height = max(1.3, min(2.2, 0.7 * side))
    with drawing(file, title, width, height * len(panels) + 0.35 + legend.height) as figure:
        plots = figure.subplots(len(panels), len(across), squeeze=False, sharex="col", sharey="row")
        handles: dict[str, Any] = {}
        for row, (score, columns) in zip(plots, panels.items(), strict=True):
            row[0].set_ylabel(shortened(score, 0.9 * height, TEXT))
            for plot, column in zip(row, across, strict=True):
                plot.xaxis.set_major_locator(MaxNLocator(nbins=max(2, int(side / 0.45))))
                for line in columns[column]:
                    (handles[line.name],) = plot.plot(
                        line.positions,
                        line.heights,
                        color=colour(line.colour),
                        linestyle=dashes(line.colour) if line.dashed else "-",
                        marker=marker(line.colour),
                        markersize=3.5,
                        linewidth=1.2,
                    )
                plot.grid(visible=True)
        for plot, label in zip(plots[-1], across.values(), strict=True):
            plot.set_xlabel(shortened(label, 0.8 * side, TEXT))
        legend.draw(figure, [handles[name] for name in named])
