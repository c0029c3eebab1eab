"""Calibration and scheme as one thing that is fitted, on all samples or fold by fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.fusion.calibration.calibrator import Calibrated, Calibrator, apply, calibrate
from lfx.fusion.crossfit import folds
from lfx.fusion.rules import Pooled, Rule
from lfx.fusion.schemes.scheme import Scheme
from lfx.fusion.weights import Weights
from lfx.runtime.errors import FusionError

if TYPE_CHECKING:
    from torch import Tensor

    from lfx.fusion.outputs import FitData, Outputs


@dataclass(frozen=True, eq=False)
class Fitted:
    """A calibration of each member, and the rule that combines what is calibrated."""

    calibrations: dict[str, Calibrated]
    rule: Rule

    def calibrated(self, outputs: Outputs) -> Outputs:
        """Give what the members say once they are calibrated."""
        return apply(self.calibrations, outputs)

    def combine(self, outputs: Outputs) -> Tensor:
        """Give fused scores, `(samples, classes)`."""
        return self.rule.combine(self.calibrated(outputs))

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Say in plain values how the rule combines what is calibrated; see `Rule.document`."""
        return self.rule.document(self.calibrated(outputs))


@dataclass(frozen=True)
class Pipeline:
    """What is to be fitted: first each member's calibration, then the scheme."""

    calibrator: Calibrator
    scheme: Scheme

    @property
    def needs_fit(self) -> bool:
        """Whether any part depends on labelled samples."""
        return self.calibrator.needs_fit or self.scheme.needs_fit

    def fit(self, fit: FitData) -> Fitted:
        """Fit both parts on the same samples."""
        calibrations = calibrate(self.calibrator, fit)
        calibrated = fit.calibrated(apply(calibrations, fit.outputs).logits)
        found = self.scheme.fit(calibrated)
        return Fitted(calibrations, Pooled(found) if isinstance(found, Weights) else found)

    def cross_fit(self, fit: FitData, count: int) -> list[tuple[Fitted, set[str]]]:
        """Fit once for each fold of the samples, without it.

        Args:
            fit: labelled samples.
            count: folds.

        Returns:
            Each fit, and the groups that it has not seen; nothing where there are fewer than two
            folds.

        Raises:
            FusionError: the scheme cannot be fitted without one of the folds.
        """
        parts = folds(fit.labels.cpu().numpy(), fit.groups, count, fit.seed)
        found = []
        for place, (train, held) in enumerate(parts, start=1):
            try:
                fitted = self.fit(fit.select(train))
            except FusionError as error:
                raise FusionError(
                    f"without fold {place} of {len(parts)} of the fit split: {error}; or, to fuse "
                    "its rows by the one fit on all of them, fit_folds=1"
                ) from error
            found.append((fitted, set(fit.groups[held])))
        return found
