"""A case study as files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.reporting.pictures.cases import draw_cases
from lfx.reporting.table import Column, Table
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from lfx.reporting.cases import CaseStudy


def write_cases(study: CaseStudy, shown: int, folder: Path) -> list[Path]:
    """Write all cases as `cases.csv`, and the first of each kind as `cases.md` and `cases.png`.

    Args:
        study: the cases.
        shown: how many of each kind.
        folder: where to.

    Returns:
        The files.
    """
    names = study.members
    header = ["kind", "rank", "id", "split", "label", "text", "image"]
    header += [f"{member} {label}" for member in names for label in study.classes]
    Table(
        [Column(title) for title in header],
        [
            [case.kind, case.rank, case.sample_id, study.split, case.label, case.text, case.image]
            + [score for member in names for score in case.scores_of(member)]
            for case in study.cases
        ],
    ).write_csv(folder / "cases.csv")
    few = [case for case in study.cases if case.rank <= shown]
    lines = [
        [case.kind, case.sample_id, " ".join(case.text.split()), case.label]
        + [_told(case.scores.get(member), study.classes) for member in names]
        for case in few
    ]
    with atomic_path(folder / "cases.md") as part:
        table = Table([Column(title) for title in ("", "id", "tweet", "label", *names)], lines)
        part.write_text(table.markdown(), encoding="utf-8")
    if few:
        draw_cases(study, shown, folder / "cases.png")
    else:  # of an earlier look
        (folder / "cases.png").unlink(missing_ok=True)
    written = [folder / f"cases.{ending}" for ending in ("csv", "md", "png")]
    return written if few else written[:2]


def _told(scores: npt.NDArray[np.floating] | None, classes: Sequence[str]) -> str:
    if scores is None:
        return ""
    best = int(scores.argmax())
    return f"{classes[best]} {scores[best]:.2f}"
