"""Calibrate members, and keep a calibration only if it lowers the log-loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import torch
from torch import Tensor

from lfx.fusion.crossfit import folds

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData, Outputs

_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Affine:
    """Centred logits times `scale` plus `shift`, class by class.

    The level that centring removes, a sample's mean over classes, is added back times the mean of
    `scale`: it does not change the softmax, but it does change energy and evidence.

    Attributes:
        scale: `(classes,)`, above 0.
        shift: `(classes,)`.
    """

    scale: Tensor
    shift: Tensor

    def apply(self, logits: Tensor) -> Tensor:
        """Calibrate logits, `(…, classes)`."""
        scale = self.scale.to(logits)
        level = logits.mean(dim=-1, keepdim=True)
        return (logits - level) * scale + level * scale.mean() + self.shift.to(logits)


@runtime_checkable
class Calibrator(Protocol):
    """Finds the calibration of one member's logits."""

    @property
    def needs_fit(self) -> bool:
        """Whether the calibration needs labelled samples."""

    def fit(self, logits: Tensor, labels: Tensor) -> Affine:
        """Minimise the log-loss of `(samples, classes)` logits, float64, on `(samples,)` labels."""


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A member's calibration and its log-losses.

    Attributes:
        affine: the applied transformation; the identity if the calibration was not kept.
        kept: whether the calibration lowered the log-loss.
        before: mean log-loss on the fit split without calibration, in nats.
        after: mean log-loss with each fold calibrated by a fit on the other folds, in nats; None
            if there were too few groups for folds.
    """

    affine: Affine
    kept: bool
    before: float
    after: float | None

    def document(self) -> dict[str, Any]:
        """Return the calibration in plain values."""
        return {
            "kept": self.kept,
            "scale": self.affine.scale.tolist(),
            "shift": self.affine.shift.tolist(),
            "nll_before": self.before,
            "nll_after": self.after,
        }


def calibrate(calibrator: Calibrator, fit: FitData) -> dict[str, Calibrated]:
    """Fit a calibration for each member, and keep it if it helps.

    A calibration is kept if it lowers the log-loss of samples that it was not fitted on: each fold
    of the fit split is calibrated by a fit on the other folds.

    Args:
        calibrator: fits the calibration of one member.
        fit: labelled samples.

    Returns:
        Member → its calibration; empty if the calibrator needs no fit.
    """
    if not calibrator.needs_fit:
        return {}
    labels = fit.labels.cpu()
    parts = folds(labels.numpy(), fit.groups, _FOLDS, fit.seed)
    calibrations = {}
    for name, member_logits in zip(fit.members, fit.outputs.logits, strict=True):
        logits = member_logits.to("cpu", torch.float64)
        before = nll(logits, labels)
        losses = [
            nll(calibrator.fit(logits[train], labels[train]).apply(logits[rest]), labels[rest])
            * len(rest)
            for train, rest in parts
        ]
        after = sum(losses) / len(labels) if losses else None
        kept = after is not None and after < before
        ones = torch.ones(logits.shape[1], dtype=torch.float64)
        affine = calibrator.fit(logits, labels) if kept else Affine(ones, 0 * ones)
        calibrations[name] = Calibrated(affine, kept, before, after)
    return calibrations


def apply(calibrations: dict[str, Calibrated], outputs: Outputs) -> Outputs:
    """Return the members' calibrated outputs; unchanged if no calibration was kept."""
    if not any(calibration.kept for calibration in calibrations.values()):
        return outputs
    calibrated = [
        calibrations[name].affine.apply(logits) if calibrations[name].kept else logits
        for name, logits in zip(outputs.members, outputs.logits, strict=True)
    ]
    is_present = outputs.present[:, :, None]
    return outputs.with_logits(torch.where(is_present, torch.stack(calibrated), 0))


def nll(logits: Tensor, labels: Tensor) -> float:
    """Compute the mean negative log-likelihood, in nats."""
    return float(torch.nn.functional.cross_entropy(logits, labels).item())
