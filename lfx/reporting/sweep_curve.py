"""Draw the curve of a sweep over one number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lfx.evaluation.reported import reported_split
from lfx.evaluation.scores import title_of
from lfx.reporting.pictures.curves import Line, draw_curves
from lfx.runtime.figures import remove_picture

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.reporting.sweep import Sweep, SweepJob

_LEAST_VALUES = 3
# As many as there are colours.
_MOST_SETTINGS = 8


def draw_sweep(sweep: Sweep) -> Path | None:
    """Draw the objective, and the same score of the reported split, over the swept number.

    Each combination of other swept settings has a colour.

    Returns:
        `sweep.png`; None unless exactly one number has three values or more, with at most eight
        combinations of other settings, or if members lack samples and the jobs' n differ.
    """
    file = sweep.folder / "sweep.png"
    key, lines = sweep_lines(sweep)
    if not lines:
        remove_picture(file)  # of an earlier run
        return None
    score = title_of(sweep.objective.partition("/")[2])
    title = f"{score} of {len(sweep.ranked)} jobs; choose by {sweep.objective.partition('/')[0]}"
    draw_curves(file, title, (key, score), lines)
    return file


def sweep_lines(sweep: Sweep) -> tuple[str, list[Line]]:
    """Return the swept number's key and the lines of `draw_sweep`; no lines if it draws nothing."""
    jobs = sweep.ranked
    numbers = {key: values for key in _keys(jobs) if (values := _numbers(jobs, key)) is not None}
    swept = [key for key, values in numbers.items() if len(set(values)) >= _LEAST_VALUES]
    if len(swept) != 1:
        return "", []
    key = swept[0]
    if sweep.lacks_samples and len({job.samples(sweep.objective) for job in jobs}) > 1:
        return key, []
    split, _, score = sweep.objective.partition("/")
    reported = reported_split({name for job in jobs for name in job.metrics}) or split
    points: dict[str, dict[str, list[tuple[float, float]]]] = {}
    for job, value in zip(jobs, numbers[key], strict=True):
        others = " ".join(text for text in _varied(job, jobs) if not text.startswith(f"{key}="))
        for shown in dict.fromkeys((split, reported)):
            height = job.score(f"{shown}/{score}")
            if height is not None:
                points.setdefault(others, {}).setdefault(shown, []).append((value, height))
    if len(points) > _MOST_SETTINGS:
        return key, []
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
    return key, lines


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
