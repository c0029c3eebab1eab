"""Learning curves of training runs, from what their CSV logger wrote."""

from __future__ import annotations

import csv
import logging
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lfx.runs.find import Run

log = logging.getLogger(__name__)

_FILE = "csv/metrics.csv"
_MOST_BYTES = 20_000_000
_MOST_POINTS = 200


def learning_curves(runs: Sequence[Run]) -> list[dict[str, object]]:
    """Return a point for each run, epoch and quantity that was logged.

    Returns:
        `{"run", "epoch", "quantity", "value"}`, epochs from 1; empty where no
        run was logged to CSV.
    """
    points: list[dict[str, object]] = []
    trained = [run for run in runs if run.stage == "train"]
    names = [run.name for run in trained]
    for run in trained:
        title = run.name if names.count(run.name) == 1 else f"{run.name}, seed {run.seed}"
        for file in _files(run.folder):
            part = file.parent.parent.relative_to(run.folder).as_posix()
            series = title if part == "." else f"{title}, {part.replace('checkpoints/', '')}"
            points += _points(file, series)
    return points


def _files(folder: Path) -> Iterator[Path]:
    """Yield the run's file, and those of its folds and first phase."""
    for pattern in (_FILE, f"*/{_FILE}", f"*/*/{_FILE}"):
        for file in sorted(folder.glob(pattern)):
            if file.is_file() and file.stat().st_size <= _MOST_BYTES:
                yield file


def _points(file: Path, series: str) -> list[dict[str, object]]:
    values: dict[tuple[int, str], float] = {}
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            for line in csv.DictReader(stream):
                if not line.get("epoch"):  # what is logged once, at the end
                    continue
                epoch = int(float(line["epoch"]))
                for key, text in line.items():
                    if key in {"epoch", "step"} or not text or key is None:
                        continue
                    value = float(text)
                    if math.isfinite(value):
                        values[epoch + 1, key] = value  # the last of an epoch counts
    except (OSError, ValueError, TypeError, csv.Error) as error:
        log.warning("%s is ignored: %s", file, error)
        return []
    epochs = sorted({epoch for epoch, _ in values})
    kept = set(epochs if len(epochs) <= _MOST_POINTS else epochs[:: len(epochs) // _MOST_POINTS])
    return [
        {"run": series, "epoch": epoch, "quantity": quantity, "value": round(value, 6)}
        for (epoch, quantity), value in sorted(values.items())
        if epoch in kept
    ]
