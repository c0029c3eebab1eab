"""A table and a picture of how well models' probabilities are calibrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from lfx.evaluation.metrics import evaluate
from lfx.evaluation.reliability import BrierParts, reliability_bins
from lfx.evaluation.reported import INTERVALS
from lfx.evaluation.scores import title_of
from lfx.evaluation.uncertainty import score_intervals
from lfx.reporting.estimates import SCORE, Estimate
from lfx.reporting.pictures.reliability import draw_reliability
from lfx.reporting.table import COUNT, NUMBER, Column, Table

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.evaluation.shared_samples import SharedSamples

_KEYS = ("nll", "brier", "ece", "ece_adaptive", "ece_classwise")
_PARTS = ("reliability", "resolution", "uncertainty")


def calibration_table(samples: SharedSamples) -> Table:
    """Return log-loss, Brier score and its parts, and calibration errors of each model.

    Args:
        samples: the models' probabilities, calibrated ones as further models.
    """
    labels = torch.from_numpy(samples.labels)
    columns = [Column("member", least=12), Column("n", COUNT)]
    spares = {"nll": 0, "brier": 2, "ece": 0, "ece_adaptive": 4, "ece_classwise": 3}
    columns += [Column(title_of(key), SCORE, spare=spares[key]) for key in _KEYS]
    columns += [Column(part, NUMBER, spare=1) for part in _PARTS]
    rows = []
    intervals = score_intervals(samples, _KEYS)
    for name, probabilities, found in zip(
        samples.names, samples.probabilities, intervals, strict=True
    ):
        metrics = evaluate(torch.from_numpy(probabilities), labels, samples.classes)
        metrics[INTERVALS] = found
        parts = BrierParts.of(probabilities, samples.labels)
        estimates = [Estimate.of(metrics, key) for key in _KEYS]
        rows.append([name, len(labels), *estimates, *(getattr(parts, part) for part in _PARTS)])
    note = (
        "less is better, but for resolution; Brier score = reliability - resolution + uncertainty, "
        "but for what 15 bins leave out"
    )
    return Table(columns, rows, [note])


def draw_calibration(samples: SharedSamples, split: str, file: Path) -> Path:
    """Draw a reliability diagram of each model.

    Args:
        samples: the models' probabilities.
        split: the split of the samples.
        file: path of the PNG.

    Returns:
        The path.
    """
    panels = {
        name: reliability_bins(probabilities, samples.labels)
        for name, probabilities in zip(samples.names, samples.probabilities, strict=True)
    }
    draw_reliability(file, f"reliability on {split}, with 95 % intervals", panels)
    return file
