"""Fuse members' predictions into one prediction artifact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lfx.artifacts.join import JoinedMembers, join
from lfx.artifacts.predictions import NONE, SPLITS, Metadata, Predictions
from lfx.evaluation.splits import evaluate_splits
from lfx.fusion.guard import fit_rows, refuse_leak
from lfx.fusion.pools import linear_pool
from lfx.fusion.schemes.scheme import FitData, Scheme
from lfx.fusion.weights import Weights
from lfx.runtime.errors import FusionError

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEAST_SCORE = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, eq=False)
class FusionResult:
    """What a fusion gives.

    Attributes:
        predictions: the fused artifact: modality `fusion`, one row per sample, its logits the
            logarithms of the fused scores.
        weights: what the scheme found.
        metrics: `{"val": {...}, "test": {...}}` for those splits that have labels, and
            `"leaky": True` where `leaky`.
        members: names of the members, sorted, in the order of the weights.
        scheme: name of the scheme.
        fit_split: where the scheme took its labels from; None where it needs none.
        leaky: whether the weights, or those of a fused member, were fitted on the split that is
            reported.
    """

    predictions: Predictions
    weights: Weights
    metrics: dict[str, Any]
    members: tuple[str, ...]
    scheme: str
    fit_split: str | None
    leaky: bool

    def weights_document(self) -> dict[str, Any]:
        """Give the content of `weights.json`."""
        document = {
            "members": list(self.members),
            "classes": list(self.predictions.metadata.classes),
            "weights": self.weights.values.tolist(),
            "scheme": self.scheme,
            "fit_split": self.fit_split,
        }
        return document | ({"leaky": True} if self.leaky else {})


def fuse(  # noqa: PLR0913, all but the first two are keywords
    members: Mapping[str, Predictions],
    scheme: Scheme,
    *,
    name: str,
    fit_split: str = "val",
    report_split: str = "test",
    allow_leaky_fit: bool = False,
    device: torch.device,
    seed: int = 0,
    config_hash: str = "",
    versions: dict[str, str],
) -> FusionResult:
    """Find weights on one split and fuse the members on all splits that they share.

    Only `report_split` is what is reported: where a scheme was fitted on `val`, the numbers of
    `val` are in-sample.

    Args:
        members: name → predictions; their order does not matter.
        scheme: finds the weights.
        name: what the fused artifact calls itself.
        fit_split: `val`, `test` or `oof`; a scheme that needs no fit ignores it.
        report_split: the split whose numbers count.
        allow_leaky_fit: let `fit_split` be `report_split`, and mark the result.
        device: what computes, in float64, or float32 on MPS, which has no float64.
        seed: for the artifact's metadata.
        config_hash: for the artifact's metadata.
        versions: for the artifact's metadata.

    Raises:
        FusionError: the fit would leak, has no labels, or the scheme cannot weigh these members.
        ArtifactError: the members are damaged or do not belong together.
    """
    if report_split not in SPLITS:
        raise FusionError(f"report_split: allowed are {', '.join(SPLITS)}; got {report_split!r}")
    leaky = scheme.needs_fit and refuse_leak(fit_split, [report_split], allow_leaky_fit)
    joined = join(members)
    leaky = leaky or joined.leaky
    dtype = torch.float32 if device.type == "mps" else torch.float64
    probabilities = torch.as_tensor(joined.probabilities, dtype=dtype, device=device)
    weights = scheme.fit(_fit_data(joined, probabilities, fit_split if scheme.needs_fit else None))
    scores = linear_pool(probabilities, weights)
    predictions = Predictions(
        sample_id=joined.sample_id,
        group=joined.group,
        split=joined.split,
        fold=np.full(len(joined.sample_id), NONE, dtype=np.int16),
        label=joined.label,
        logits=_logits(scores),
        metadata=Metadata(
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
    splits = dict.fromkeys(("val", "test", report_split))
    return FusionResult(
        predictions=predictions,
        weights=weights,
        metrics=evaluate_splits(predictions, tuple(splits)) | ({"leaky": True} if leaky else {}),
        members=joined.names,
        scheme=scheme.name,
        fit_split=fit_split if scheme.needs_fit else None,
        leaky=leaky,
    )


def _fit_data(joined: JoinedMembers, probabilities: Tensor, fit_split: str | None) -> FitData:
    """Hand a scheme the labelled rows of the fit split and no others; none where it needs none."""
    if fit_split is None:
        rows = np.zeros(len(joined.sample_id), dtype=np.bool_)
    else:
        rows = fit_rows(fit_split, joined.split, joined.label)
    chosen = torch.as_tensor(rows, device=probabilities.device)
    labels = torch.as_tensor(joined.label[rows], dtype=torch.int64, device=probabilities.device)
    return FitData(joined.names, joined.classes, probabilities[:, chosen], labels)


def _logits(scores: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Take logarithms; a score of 0 becomes the smallest normal float32, as logits are finite."""
    logits = scores.cpu().to(torch.float64).clamp(min=_LEAST_SCORE).log()
    return np.asarray(logits.to(torch.float32).numpy(), dtype=np.float32)
