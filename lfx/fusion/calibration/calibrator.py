"""What a calibration is, and whether it is worth keeping."""

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

    The level that centring takes away, a sample's mean over classes, comes back times the mean of
    `scale`: a softmax does not see it, but energy and evidence do.

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
    """Finds how one member's logits are to be changed."""

    @property
    def needs_fit(self) -> bool:
        """Whether it depends on labelled samples."""

    def fit(self, logits: Tensor, labels: Tensor) -> Affine:
        """Minimise the log-loss of `(samples, classes)` logits, float64, on `(samples,)` labels."""


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A member's calibration, and what speaks for it.

    Attributes:
        affine: what is applied; the identity where nothing was kept.
        kept: whether calibration lowered the log-loss.
        before: mean log-loss on the fit split as it is, in nats.
        after: the same, each fold calibrated by what was fitted on the others; None where there
            were too few samples for folds.
    """

    affine: Affine
    kept: bool
    before: float
    after: float | None

    def document(self) -> dict[str, Any]:
        """Give plain values."""
        return {
            "kept": self.kept,
            "scale": self.affine.scale.tolist(),
            "shift": self.affine.shift.tolist(),
            "nll_before": self.before,
            "nll_after": self.after,
        }


def calibrate(calibrator: Calibrator, fit: FitData) -> dict[str, Calibrated]:
    """Calibrate each member by itself, and keep only what helps.

    A calibration is kept where it lowers the log-loss of samples that it was not fitted on: each
    fold of the fit split is calibrated by a fit on the other folds.

    Args:
        calibrator: finds the change.
        fit: labelled samples.

    Returns:
        Member → its calibration; nothing where the calibrator needs no fit.
    """
    if not calibrator.needs_fit:
        return {}
    labels = fit.labels.cpu()
    parts = folds(labels.numpy(), fit.groups, _FOLDS, fit.seed)
    found = {}
    for name, own in zip(fit.members, fit.outputs.logits, strict=True):
        logits = own.to("cpu", torch.float64)
        before = nll(logits, labels)
        held = [
            nll(calibrator.fit(logits[train], labels[train]).apply(logits[rest]), labels[rest])
            * len(rest)
            for train, rest in parts
        ]
        after = sum(held) / len(labels) if held else None
        kept = after is not None and after < before
        ones = torch.ones(logits.shape[1], dtype=torch.float64)
        affine = calibrator.fit(logits, labels) if kept else Affine(ones, 0 * ones)
        found[name] = Calibrated(affine, kept, before, after)
    return found


def apply(calibrations: dict[str, Calibrated], outputs: Outputs) -> Outputs:
    """Calibrate what the members say; without any calibrations it stays as it is."""
    if not any(one.kept for one in calibrations.values()):
        return outputs
    changed = [
        calibrations[name].affine.apply(own) if calibrations[name].kept else own
        for name, own in zip(outputs.members, outputs.logits, strict=True)
    ]
    there = outputs.present[:, :, None]
    return outputs.with_logits(torch.where(there, torch.stack(changed), 0))


def nll(logits: Tensor, labels: Tensor) -> float:
    """Compute the mean negative log-likelihood, in nats."""
    return float(torch.nn.functional.cross_entropy(logits, labels).item())
