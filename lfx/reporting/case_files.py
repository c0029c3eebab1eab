"""Write a case study as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lfx.reporting.pictures.cases import draw_cases
from lfx.reporting.table import Column, Table
from lfx.runtime.figures import picture_files, remove_picture
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from lfx.reporting.cases import Case, CaseStudy


def write_cases(study: CaseStudy, shown: int, folder: Path) -> list[Path]:
    """Write all cases as `cases.csv`, the first of each kind as `cases.md`, `.tex` and `.png`.

    Args:
        study: the cases.
        shown: the number of cases of each kind in all files but `cases.csv`.
        folder: folder of the files.

    Returns:
        The paths of the files.
    """
    names = study.members
    header = ["kind", "rank", "id", "split", "label", "text", "image"]
    header += [f"{member} {label}" for member in names for label in study.classes]
    Table(
        [Column(title) for title in header],
        [
            [case.kind, case.rank, case.sample_id, study.split, case.label, case.text, _path(case)]
            + [score for member in names for score in case.scores_of(member)]
            for case in study.cases
        ],
    ).write_csv(folder / "cases.csv")
    first_cases = [case for case in study.cases if case.rank <= shown]
    lines = [
        [case.kind, case.sample_id, " ".join((case.text or "").split()), case.label]
        + [_prediction(case.scores.get(member), study.classes) for member in names]
        for case in first_cases
    ]
    titles = [Column(""), Column("id"), Column("tweet", is_long=True), Column("label")]
    table = Table([*titles, *map(Column, names)], lines)
    files = [folder / "cases.csv", folder / "cases.md", folder / "cases.tex"]
    for file, text in zip(files[1:], (table.markdown(), table.latex()), strict=True):
        with atomic_path(file) as part:
            part.write_text(text, encoding="utf-8")
    picture = folder / "cases.png"
    if first_cases:
        draw_cases(study, shown, picture)
    else:
        remove_picture(picture)  # of an earlier report
    return [*files, *picture_files(picture)]


def _path(case: Case) -> str:
    """Return where a case's picture lies; empty where a table holds it, or it has none."""
    return str(case.image) if isinstance(case.image, Path) else ""


def _prediction(scores: npt.NDArray[np.floating] | None, classes: Sequence[str]) -> str:
    if scores is None:
        return ""
    best = int(scores.argmax())
    return f"{classes[best]} {scores[best]:.2f}"
