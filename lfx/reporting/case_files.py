"""Write a case study as files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lfx.reporting.pictures.cases import draw_cases
from lfx.reporting.table import Column, Table
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from lfx.reporting.cases import Case, CaseStudy


def write_cases(study: CaseStudy, shown: int, folder: Path) -> list[Path]:
    """Write all cases as `cases.csv`, and the first of each kind as `cases.md` and `cases.png`.

    Args:
        study: the cases.
        shown: the number of cases of each kind in `cases.md` and `cases.png`.
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
    with atomic_path(folder / "cases.md") as part:
        table = Table([Column(title) for title in ("", "id", "tweet", "label", *names)], lines)
        part.write_text(table.markdown(), encoding="utf-8")
    if first_cases:
        draw_cases(study, shown, folder / "cases.png")
    else:  # a picture of an earlier report
        (folder / "cases.png").unlink(missing_ok=True)
    files = [folder / f"cases.{suffix}" for suffix in ("csv", "md", "png")]
    return files if first_cases else files[:2]


def _path(case: Case) -> str:
    """Return where a case's picture lies; empty where a table holds it, or it has none."""
    return str(case.image) if isinstance(case.image, Path) else ""


def _prediction(scores: npt.NDArray[np.floating] | None, classes: Sequence[str]) -> str:
    if scores is None:
        return ""
    best = int(scores.argmax())
    return f"{classes[best]} {scores[best]:.2f}"
