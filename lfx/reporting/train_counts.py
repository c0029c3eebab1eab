"""How many samples models were trained on."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lfx.runs.find import Run

_MOST_BYTES = 1_000_000


def train_samples(runs: Iterable[Run]) -> int | None:
    """Return the number of training samples of the first run that knows it; None if none does.

    Args:
        runs: of one data set; `classes.csv` of a training run has the number.
    """
    for run in runs:
        file = run.folder / "classes.csv"
        try:
            if file.stat().st_size > _MOST_BYTES:
                continue
            with file.open(newline="", encoding="utf-8") as stream:
                counts = [
                    int(row["samples"]) for row in csv.DictReader(stream) if row["split"] == "train"
                ]
        except (OSError, ValueError, KeyError, TypeError, csv.Error):
            continue  # missing or damaged: another run may know
        if sum(counts) > 0:
            return sum(counts)
    return None
