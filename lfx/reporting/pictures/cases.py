"""Draw tweets with their pictures and each model's probabilities."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from lfx.modalities.image.decoding import decode
from lfx.reporting.pictures.figure import drawing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from lfx.data.decoding import Decoding
    from lfx.reporting.cases import Case, CaseStudy

_WRAPPED, _LINES = 44, 7


def draw_cases(study: CaseStudy, shown: int, file: Path) -> None:
    """Draw the first corrected cases next to the first corrupted ones, and write a PNG.

    Args:
        study: a study with at least one case.
        shown: the number of cases of each kind.
        file: path of the PNG.
    """
    name = study.members[-1]
    titles = {
        "corrected": f"{study.against} is wrong, {name} is right",
        "corrupted": f"{study.against} is right, {name} is wrong",
    }
    rows = max(len(study.of(kind)[:shown]) for kind in titles)
    with drawing(file, 15.0, 0.7 + 1.75 * rows) as figure:
        grid = figure.add_gridspec(1, len(titles))
        for column, (kind, title) in enumerate(titles.items()):
            half = figure.add_subfigure(grid[0, column])
            cases = study.of(kind)
            size = f"{len(cases)} of {study.samples} {study.split} samples"
            half.suptitle(f"{title} ({size}, {len(cases[:shown])} shown)", fontsize=11)
            plots = half.subplots(rows, 3, squeeze=False, width_ratios=(1.1, 2.0, 1.5))
            for plot in plots.flat:
                plot.set_axis_off()
            for (picture, tweet, scores), case in zip(plots, cases[:shown], strict=False):
                if case.image is not None:
                    _draw_picture(picture, case.image, study.decoding)
                _draw_text(tweet, case)
                _draw_scores(scores, case, study.members, study.classes)


def _draw_picture(plot: Axes, image: Path | bytes, decoding: Decoding) -> None:
    try:
        content = image if isinstance(image, bytes) else image.read_bytes()
        pixels = np.asarray(decode(content, decoding))
    except (OSError, ValueError):  # other models can do without it
        plot.text(0.5, 0.5, "the picture\ncannot be read", ha="center", va="center", fontsize=8.5)
        return
    plot.imshow(pixels)


def _draw_text(plot: Axes, case: Case) -> None:
    wrapped = textwrap.wrap(" ".join((case.text or "").split()), _WRAPPED) or [""]
    lines = [*wrapped[:_LINES], *(["…"] if len(wrapped) > _LINES else [])]
    text = "\n".join([*lines, "", f"label: {case.label}  (id {case.sample_id})"])
    plot.text(0, 0.98, text, va="top", fontsize=8.5, transform=plot.transAxes)


def _draw_scores(plot: Axes, case: Case, names: Sequence[str], classes: Sequence[str]) -> None:
    numbers = np.array([case.scores_of(name) for name in names], dtype=float)
    plot.set_axis_on()
    plot.imshow(numbers, cmap="Blues", vmin=0, vmax=1.4, aspect="auto")
    for row, column in np.ndindex(*numbers.shape):
        if np.isnan(numbers[row, column]):
            continue
        is_predicted = numbers[row].argmax() == column
        plot.text(
            column,
            row,
            f"{numbers[row, column]:.2f}",
            ha="center",
            va="center",
            fontsize=8.5,
            weight="bold" if is_predicted else "normal",
        )
    plot.set_xticks(np.arange(len(classes)), classes, fontsize=8)
    plot.set_yticks(np.arange(len(names)), names, fontsize=8)
    plot.get_xticklabels()[classes.index(case.label)].set_fontweight("bold")
    plot.tick_params(length=0)
