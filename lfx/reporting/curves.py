"""Scores over a weight, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Okabe and Ito's colours, which those who see fewer colours can tell apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#999999", "#000000")


def draw_curves(
    file: Path,
    title: str,
    axes: tuple[str, str],
    lines: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    steps: bool = False,
    interval: tuple[float, float] | None = None,
) -> None:
    """Draw scores over a weight and write a PNG.

    Args:
        file: where to.
        title: of the picture.
        axes: what is on the horizontal and on the vertical axis.
        lines: name → positions and scores; with `steps` there is one position more than scores.
        steps: whether scores hold between positions, or at them.
        interval: what is shaded: where the best score is.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.4), layout="constrained")
    FigureCanvasAgg(figure)
    plot = figure.subplots()
    plot.set_title(title, fontsize=11)
    plot.set_xlabel(axes[0])
    plot.set_ylabel(axes[1])
    for place, (name, (positions, scores)) in enumerate(lines.items()):
        colour = _COLOURS[place % len(_COLOURS)]
        if steps:
            plot.stairs(scores, positions, baseline=None, color=colour, label=name, linewidth=1.4)
        else:
            plot.plot(positions, scores, color=colour, label=name, marker="o", markersize=3.5)
    if interval is not None:
        plot.axvspan(
            *interval, color="#999999", alpha=0.25, linewidth=0, label="best on the fit split"
        )
    plot.grid(visible=True, alpha=0.3)
    plot.legend(frameon=False)
    with atomic_path(file) as part:
        figure.savefig(part, format="png", dpi=110)
