"""Tweets with their pictures, and what each model says of them."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.decoding import decode
from lfx.reporting.pictures.figure import drawing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from lfx.reporting.cases import Case, CaseStudy

_WRAPPED, _LINES = 44, 7


def draw_cases(study: CaseStudy, shown: int, file: Path) -> None:
    """Draw the first mended cases beside the first broken ones, and write a PNG.

    Args:
        study: at least one case.
        shown: how many cases of each kind.
        file: where to.
    """
    name = study.members[-1]
    titles = {
        "mended": f"{study.against} is wrong, {name} is right",
        "broken": f"{study.against} is right, {name} is wrong",
    }
    deepest = max(len(study.of(kind)[:shown]) for kind in titles)
    with drawing(file, 15.0, 0.7 + 1.75 * deepest) as figure:
        grid = figure.add_gridspec(1, len(titles))
        for place, (kind, title) in enumerate(titles.items()):
            half = figure.add_subfigure(grid[0, place])
            own = study.of(kind)
            of = f"{len(own)} of {study.samples} {study.split} samples, {len(own[:shown])} shown"
            half.suptitle(f"{title} ({of})", fontsize=11)
            plots = half.subplots(deepest, 3, squeeze=False, width_ratios=(1.1, 2.0, 1.5))
            for plot in plots.flat:
                plot.set_axis_off()
            for (picture, tweet, scores), case in zip(plots, own[:shown], strict=False):
                picture.imshow(np.asarray(decode(case.image.read_bytes(), study.decoding)))
                _write(tweet, case)
                _shade(scores, case, study.members, study.classes)


def _write(plot: Axes, case: Case) -> None:
    wrapped = textwrap.wrap(" ".join(case.text.split()), _WRAPPED) or [""]
    lines = [*wrapped[:_LINES], *(["…"] if len(wrapped) > _LINES else [])]
    told = "\n".join([*lines, "", f"label: {case.label}  (id {case.sample_id})"])
    plot.text(0, 0.98, told, va="top", fontsize=8.5, transform=plot.transAxes)


def _shade(plot: Axes, case: Case, names: Sequence[str], classes: Sequence[str]) -> None:
    numbers = np.array([case.scores_of(name) for name in names], dtype=float)
    plot.set_axis_on()
    plot.imshow(numbers, cmap="Blues", vmin=0, vmax=1.4, aspect="auto")
    for row, column in np.ndindex(*numbers.shape):
        if np.isnan(numbers[row, column]):
            continue
        says = numbers[row].argmax() == column
        plot.text(
            column,
            row,
            f"{numbers[row, column]:.2f}",
            ha="center",
            va="center",
            fontsize=8.5,
            weight="bold" if says else "normal",
        )
    plot.set_xticks(np.arange(len(classes)), classes, fontsize=8)
    plot.set_yticks(np.arange(len(names)), names, fontsize=8)
    plot.get_xticklabels()[classes.index(case.label)].set_fontweight("bold")
    plot.tick_params(length=0)
