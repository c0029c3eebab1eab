"""What a fusion gives: an artifact, its numbers, and how they came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lfx.artifacts.predictions import Metadata, Predictions
from lfx.data.split_names import SPLITS
from lfx.fusion.pipeline import Fitted
from lfx.fusion.search.curve import Curve
from lfx.runtime.settings import component_name

if TYPE_CHECKING:
    from lfx.artifacts.joined import JoinedMembers
    from lfx.fusion.outputs import Outputs
    from lfx.fusion.pipeline import Pipeline

_LEAST_SCORE = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, eq=False)
class FusionResult:
    """What a fusion gives.

    Attributes:
        predictions: the fused artifact: modality `fusion`, one row per sample, its logits the
            logarithms of the fused scores.
        fitted: calibrations and rule, fitted on the whole fit split.
        metrics: `{"val": {...}, "test": {...}}` for those splits that have labels, and
            `"leaky": True` where weights or calibrations, here or in a fused member, were fitted on
            the split that is reported.
        baselines: name → split → scores.
        weights_document: the content of `weights.json`.
        curves: split → every weighting of two members; only where the scheme looked at all of them.
    """

    predictions: Predictions
    fitted: Fitted
    metrics: dict[str, Any]
    baselines: dict[str, dict[str, dict[str, float]]]
    weights_document: dict[str, Any]
    curves: dict[str, Curve]

    @property
    def leaky(self) -> bool:
        """Whether numbers of the reported split are too good."""
        return bool(self.metrics.get("leaky", False))

    @property
    def labelled(self) -> bool:
        """Whether there is anything to score."""
        return any(split in self.metrics for split in SPLITS)


def weights_document(
    joined: JoinedMembers,
    pipeline: Pipeline,
    fit_split: str | None,
    fitted: Fitted,
    outputs: Outputs,
) -> dict[str, Any]:
    """Give the content of `weights.json`, but for what only the whole fusion knows.

    Args:
        joined: the members, sample by sample.
        pipeline: what was fitted.
        fit_split: where it took its labels from; None where it needed none.
        fitted: what was found.
        outputs: what the members say, not calibrated.
    """
    rule = fitted.document(outputs)
    document = {
        "members": list(joined.names),
        "classes": list(joined.classes),
        "weights": rule.pop("weights"),
        "scheme": component_name(pipeline.scheme),
        "fit_split": fit_split,
    }
    document |= rule
    calibrations = {name: one.document() for name, one in fitted.calibrations.items()}
    if calibrations:
        document["calibration"] = {
            "kind": component_name(pipeline.calibrator),
            "members": calibrations,
        }
    missing = joined.missing()
    if missing:
        document["missing"] = missing
    if joined.dropped:
        document["dropped"] = joined.dropped
    return document


def fused_predictions(
    joined: JoinedMembers,
    scores: Tensor,
    name: str,
    seed: int,
    config_hash: str,
    versions: dict[str, str],
    *,
    leaky: bool,
) -> Predictions:
    """Make an artifact of scores, `(samples, classes)`: modality `fusion`, one row a sample."""
    return joined.predictions(
        _logits(scores),
        Metadata(
            classes=joined.classes,
            modality="fusion",
            name=name,
            data_fingerprint=joined.data_fingerprint,
            split_fingerprint=joined.split_fingerprint,
            seed=seed,
            config_hash=config_hash,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            versions=dict(versions),
            leaky=leaky,
        ),
    )


def _logits(scores: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Take logarithms; a score of 0 becomes the smallest normal float32, as logits are finite.

    Where float32 cannot tell the best score from another, it is raised by as little as it can.
    """
    wide = scores.cpu().to(torch.float64)
    rounded = np.asarray(wide.clamp(min=_LEAST_SCORE).log_().to(torch.float32).numpy())
    winner = scores.cpu().argmax(dim=1).numpy()
    lost = np.flatnonzero(rounded.argmax(axis=1) != winner)
    rounded[lost, winner[lost]] = np.nextafter(rounded[lost].max(axis=1), np.float32(np.inf))
    return rounded
