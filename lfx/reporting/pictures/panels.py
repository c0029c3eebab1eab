"""Draw curves in a grid of panels with one legend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.reporting.pictures.figure import drawing
from lfx.reporting.pictures.palette import COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.reporting.pictures.curves import Line

_MARKERS = "os^Dv"


def draw_panels(
    file: Path,
    title: str,
    across: Mapping[str, str],
    panels: Mapping[str, Mapping[str, Sequence[Line]]],
) -> None:
    """Draw a row of panels for each score, and write a PNG.

    Lines of one name look the same in all panels; panels of a row share their range.

    Args:
        file: path of the PNG.
        title: title of the picture.
        across: column of panels → title of its horizontal axis.
        panels: title of the vertical axis → column of panels → lines, at least one.
    """
    with drawing(file, 4.4 * len(across) + 2.2, 3.4 * len(panels) + 0.4) as figure:
        figure.suptitle(title, fontsize=11)
        plots = figure.subplots(len(panels), len(across), squeeze=False, sharex="col", sharey="row")
        for row, (score, columns) in zip(plots, panels.items(), strict=True):
            row[0].set_ylabel(score)
            for plot, column in zip(row, across, strict=True):
                for line in columns[column]:
                    plot.plot(
                        line.positions,
                        line.heights,
                        color=COLOURS[line.colour % len(COLOURS)],
                        linestyle="--" if line.dashed else "-",
                        marker=_MARKERS[line.colour // len(COLOURS) % len(_MARKERS)],
                        markersize=3.5,
                        linewidth=1.4,
                        label=line.name,
                    )
                plot.grid(visible=True, alpha=0.3)
        for plot, label in zip(plots[-1], across.values(), strict=True):
            plot.set_xlabel(label)
        handles, labels = plots[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, loc="outside right upper", fontsize=9)
