"""Draw tweets with their pictures and each model's probabilities (the paper's table I)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.modalities.image.decoding import decode
from lfx.reporting.pictures.figure import DOUBLE, drawing, width_of
from lfx.reporting.pictures.lettering import (
    NAMES,
    TEXT,
    shortened,
    shortened_names,
    widest,
    wrapped,
)

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from lfx.data.decoding import Decoding
    from lfx.reporting.cases import Case, CaseStudy

# The largest numbers of models, of classes and of lines of a tweet that are shown.
_MOST_MODELS, _MOST_CLASSES, _LINES = 4, 6, 5
# Inches: a line, a heading, the gaps between cases and between columns, the edge.
_LINE, _HEADING, _BETWEEN, _GAP, _EDGE = 0.135, 0.28, 0.12, 0.1, 0.03
# Of the width: the picture, the scores; of the scores' width at most: the names of classes.
_PICTURE, _SCORES, _CLASSES = 0.17, 0.4, 0.45
# Bold letters are wider than those that names are measured in.
_REGULAR = 0.8


def draw_cases(study: CaseStudy, shown: int, file: Path) -> None:
    """Draw the first corrected cases above the first corrupted ones.

    Of many classes a case has its label and those that a model thinks likely, of many models the
    first ones and the fusion.

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
    width = width_of(DOUBLE)
    rows: list[str | Case] = []
    for kind, title in titles.items():
        cases = study.of(kind)
        if cases:
            size = f"({len(cases)} of {study.samples} {study.split} samples, "
            rows.append(f"{title} {size}{len(cases[:shown])} shown)")
            rows += cases[:shown]
    page = _Page.of(study, width)
    heights = [_HEADING if isinstance(row, str) else page.row for row in rows]
    with drawing(file, "", width, sum(heights)) as figure:
        figure.set_layout_engine("none")  # every place is known

        def axes(left: float, top: float, right: float, high: float) -> Axes:
            """Return axes at a place in inches from the left and from the top."""
            bottom, whole = sum(heights) - top - high, sum(heights)
            return figure.add_axes(
                (left / width, bottom / whole, (right - left) / width, high / whole)
            )

        top = 0.0
        for row, height in zip(rows, heights, strict=True):
            if isinstance(row, str):
                plot = axes(0, top, width, height)
                plot.set_axis_off()
                text = shortened(row, _REGULAR * width, TEXT)
                plot.text(0.01, 0.4, text, va="center", fontsize=TEXT, weight="bold")
            else:
                inner = height - _BETWEEN
                picture = axes(_EDGE, top, page.text - _GAP, inner)
                _draw_picture(picture, row.image, study.decoding)
                _draw_text(axes(page.text, top, page.names, inner), row, page)
                shown_classes = _classes(row, study.classes)
                high = len(shown_classes) * _LINE
                plot = axes(page.numbers, top + _LINE, width - _EDGE, high)
                _draw_scores(plot, row, study.classes, shown_classes, page)
            top += height


@dataclass(frozen=True)
class _Page:
    """Places from the left, and the height of a case, in inches.

    Attributes:
        text: the left edge of texts.
        names: the left edge of the classes' names.
        numbers: the left edge of numbers.
        column: the width of a model's numbers.
        row: the height of a case.
        models: the models that are shown.
    """

    text: float
    names: float
    numbers: float
    column: float
    row: float
    models: Sequence[str]

    @classmethod
    def of(cls, study: CaseStudy, width: float) -> _Page:
        """Return the places for the models and classes of a study."""
        models = _models(study)
        text, names = _PICTURE * width, (1 - _SCORES) * width
        room = _SCORES * width - _EDGE
        longest = (widest(shortened_names(study.classes, room)) + _GAP / 2) / _REGULAR
        numbers = names + min(longest, _CLASSES * room)
        column = (width - _EDGE - numbers) / len(models)
        # A case has the models' names and a line for each class, or a text with its label and id.
        lines = max(_LINES + 2, 1 + min(len(study.classes), _MOST_CLASSES))
        return cls(text, names, numbers, column, lines * _LINE + _BETWEEN, models)


def _models(study: CaseStudy) -> list[str]:
    """Return the models that are shown: the first, the one that is compared with, the fusion."""
    *members, fused = study.members
    others = [name for name in members if name != study.against]
    kept = {study.against, *others[: _MOST_MODELS - 2]}
    return [*(name for name in members if name in kept), fused]


def _classes(case: Case, classes: Sequence[str]) -> list[int]:
    """Return the classes that are shown: all; of many the label and the likeliest."""
    if len(classes) <= _MOST_CLASSES:
        return list(range(len(classes)))
    likely = np.max(list(case.scores.values()), axis=0)
    likely[classes.index(case.label)] = np.inf
    return sorted(np.argsort(-likely, kind="stable")[:_MOST_CLASSES].tolist())


def _draw_picture(plot: Axes, image: Path | bytes | None, decoding: Decoding) -> None:
    plot.set_axis_off()
    if image is None:
        return
    try:
        content = image if isinstance(image, bytes) else image.read_bytes()
        pixels = np.asarray(decode(content, decoding))
    except (OSError, ValueError):  # other models can do without it
        plot.text(0.5, 0.5, "the picture\ncannot be read", ha="center", va="center", fontsize=NAMES)
        return
    plot.imshow(pixels)
    plot.set_anchor("NW")


def _draw_text(plot: Axes, case: Case, page: _Page) -> None:
    plot.set_axis_off()
    inches = page.names - page.text - _GAP
    text = wrapped(" ".join((case.text or "").split()), inches, NAMES, _LINES)
    below = shortened(f"label: {case.label}", inches)
    identity = shortened(f"id: {case.sample_id}", inches)
    style: dict[str, Any] = {"va": "top", "fontsize": NAMES, "linespacing": 1.15}
    plot.text(0, 1, text, transform=plot.transAxes, **style)
    plot.text(0, 0, f"{below}\n{identity}", transform=plot.transAxes, **style | {"va": "bottom"})


def _draw_scores(
    plot: Axes, case: Case, classes: Sequence[str], shown: Sequence[int], page: _Page
) -> None:
    """Draw a line of numbers for each class, a column for each model; bold: what it predicts."""
    whole = np.array([case.scores_of(name) for name in page.models], dtype=float)
    numbers = whole[:, shown].T
    plot.imshow(numbers, cmap="Blues", vmin=0, vmax=1.4, aspect="auto")
    for row, column in np.ndindex(*numbers.shape):
        if np.isnan(numbers[row, column]):
            continue
        is_predicted = whole[column].argmax() == shown[row]
        plot.text(
            column,
            row,
            f"{numbers[row, column]:.2f}",
            ha="center",
            va="center",
            fontsize=NAMES,
            weight="bold" if is_predicted else "normal",
        )
    names = [classes[index] for index in shown]
    plot.set_xticks(range(len(page.models)), shortened_names(page.models, page.column - _GAP / 2))
    plot.set_yticks(
        range(len(names)), shortened_names(names, _REGULAR * (page.numbers - page.names))
    )
    plot.get_yticklabels()[names.index(case.label)].set_fontweight("bold")
    plot.tick_params(length=0, pad=1.5, top=False, labeltop=True, labelbottom=False)
    plot.spines[:].set_visible(False)
