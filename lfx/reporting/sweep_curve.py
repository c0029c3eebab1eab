"""Draw the curve of a sweep over one number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lfx.evaluation.scores import title_of
from lfx.reporting.pictures.curves import Line, draw_curves

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.reporting.sweep import Sweep, SweepJob

_LEAST_VALUES = 3
# As many as there are colours.
_MOST_SETTINGS = 8


def draw_sweep(sweep: Sweep) -> Path | None:
    """Draw the objective, and the same score of the test split, over the swept number.

    Each combination of other swept settings has a colour.

    Returns:
        `sweep.png`; None unless exactly one number has three values or more, with at most eight
        combinations of other settings.
    """
    file = sweep.folder / "sweep.png"
    file.unlink(missing_ok=True)  # of an earlier run
    jobs = sweep.ranked
    numbers = {key: values for key in _keys(jobs) if (values := _numbers(jobs, key)) is not None}
    swept = [key for key, values in numbers.items() if len(set(values)) >= _LEAST_VALUES]
    if len(swept) != 1:
        return None
    key = swept[0]
    split, _, score = sweep.objective.partition("/")
    points: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for job, value in zip(jobs, numbers[key], strict=True):
        others = " ".join(text for text in _varied(job, jobs) if not text.startswith(f"{key}="))
        for shown in (split, "test"):
            height = job.score(f"{shown}/{score}")
            if height is not None:
                points.setdefault(others, {}).setdefault(shown, []).append((value, height))
    if not points or len(points) > _MOST_SETTINGS:
        return None
    lines = [
        Line(
            f"{others} {shown}".strip(),
            [position for position, _ in sorted(points_of_line)],
            [height for _, height in sorted(points_of_line)],
            colour=colour,
            dashed=shown != split,
        )
        for colour, (others, splits) in enumerate(points.items())
        for shown, points_of_line in splits.items()
    ]
    title = f"{title_of(score)} of {len(jobs)} jobs; choose by {split}"
    draw_curves(file, title, (key, title_of(score)), lines)
    return file


def _keys(jobs: Sequence[SweepJob]) -> list[str]:
    return list(dict.fromkeys(key for job in jobs for key in job.overrides))


def _numbers(jobs: Sequence[SweepJob], key: str) -> list[float] | None:
    try:
        values = [float(job.overrides[key]) for job in jobs]
    except (KeyError, ValueError):
        return None
    return values if all(map(math.isfinite, values)) else None


def _varied(job: SweepJob, jobs: Sequence[SweepJob]) -> list[str]:
    """Return a job's overrides that not all jobs have."""
    shared = set.intersection(*(set(other.status.overrides) for other in jobs))
    return [text for text in job.status.overrides if text not in shared]
