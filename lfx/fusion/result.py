"""The result of a fusion: an artifact, its scores, and the fitted weights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.predictions import Predictions
from lfx.data.split_names import SPLITS
from lfx.fusion.pipeline import Fitted
from lfx.fusion.search.curve import Curve
from lfx.fusion.verdict import Verdict
from lfx.runtime.settings import component_name

if TYPE_CHECKING:
    from lfx.artifacts.joined import JoinedMembers
    from lfx.artifacts.seen import Seen
    from lfx.fusion.outputs import Outputs
    from lfx.fusion.pipeline import Pipeline

_LEAST_SCORE = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, eq=False)
class FusionResult:
    """The result of a fusion.

    Attributes:
        predictions: the fused artifact: modality `fusion`, one row per sample, with the logarithms
            of the fused scores as logits.
        fitted: calibrations and rule, fitted on the whole fit split.
        metrics: `{"val": {...}, "test": {...}}` for the splits with labels; if a member lacks some
            of these samples, `"complete": {"val": {...}, "test": {...}}` on the samples that all
            members have; and `"leaky": True` if weights or calibrations, of this fusion or of a
            fused member, were fitted on the reported split.
        baselines: name → split → scores on the samples that all members have.
        verdict: the comparison with the best member; None if nothing can be compared.
        weights_document: the content of `weights.json`.
        curves: split → exact curve of two members; empty unless the scheme computed one.
    """

    predictions: Predictions
    fitted: Fitted
    metrics: dict[str, Any]
    baselines: dict[str, dict[str, dict[str, Any]]]
    verdict: Verdict | None
    weights_document: dict[str, Any]
    curves: dict[str, Curve]

    @property
    def leaky(self) -> bool:
        """Whether the scores of the reported split are too good."""
        return bool(self.metrics.get("leaky", False))

    @property
    def labelled(self) -> bool:
        """Whether any split has labelled samples."""
        return any(split in self.metrics for split in SPLITS)


def weights_document(
    joined: JoinedMembers,
    pipeline: Pipeline,
    fit_split: str | None,
    fitted: Fitted,
    outputs: Outputs,
) -> dict[str, Any]:
    """Return the content of `weights.json`, without `fit_folds` and `leaky`.

    Args:
        joined: the joined members.
        pipeline: the calibration and the scheme.
        fit_split: the split that they were fitted on; None if no fit was needed.
        fitted: the fitted calibrations and rule.
        outputs: the members' outputs, not calibrated.
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
    calibrations = {
        name: calibration.document() for name, calibration in fitted.calibrations.items()
    }
    if calibrations:
        document["calibration"] = {
            "kind": component_name(pipeline.calibrator),
            "members": calibrations,
        }
    missing = joined.missing()
    if missing:
        document |= {"missing": missing, "fused_from_fewer": joined.incomplete(len(joined.names))}
        alone = joined.incomplete(2) if len(joined.names) > 2 else {}  # noqa: PLR2004
        document |= {"fused_from_one": alone} if alone else {}
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
    seen: Seen,
) -> Predictions:
    """Build an artifact of scores, `(samples, classes)`: modality `fusion`, one row per sample."""
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
            columns=joined.columns,
            regime="fusion",
            fingerprint_schema=joined.fingerprint_schema,
        ),
        seen,
    )


def _logits(scores: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Compute logarithms; scores are clipped at the smallest normal float32, so logits are finite.

    If rounding to float32 makes another class the best one, the winner's logit is raised to the
    next larger float32.
    """
    wide = scores.cpu().to(torch.float64)
    logits = np.asarray(wide.clamp(min=_LEAST_SCORE).log_().to(torch.float32).numpy())
    winner = scores.cpu().argmax(dim=1).numpy()
    changed = np.flatnonzero(logits.argmax(axis=1) != winner)
    logits[changed, winner[changed]] = np.nextafter(logits[changed].max(axis=1), np.float32(np.inf))
    return logits
