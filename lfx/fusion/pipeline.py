"""A calibration and a scheme, fitted together, on all samples or fold by fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lfx.fusion.calibration.calibrator import Calibrated, Calibrator, apply, calibrate
from lfx.fusion.crossfit import folds
from lfx.fusion.rules import Pooled, Rule
from lfx.fusion.schemes.scheme import Scheme
from lfx.fusion.weights import Weights
from lfx.runtime.errors import FusionError
from lfx.runtime.imports import dotted_path

if TYPE_CHECKING:
    import numpy.typing as npt
    from torch import Tensor

    from lfx.fusion.outputs import FitData, Outputs


@dataclass(frozen=True, eq=False)
class Fitted:
    """The calibration of each member, and the rule that combines the calibrated members."""

    calibrations: dict[str, Calibrated]
    rule: Rule

    def calibrated(self, outputs: Outputs) -> Outputs:
        """Return the members' calibrated outputs."""
        return apply(self.calibrations, outputs)

    def combine(self, outputs: Outputs) -> Tensor:
        """Compute fused scores, `(samples, classes)`."""
        return self.rule.combine(self.calibrated(outputs))

    def document(self, outputs: Outputs) -> dict[str, Any]:
        """Return the rule in plain values; see `Rule.document`."""
        return self.rule.document(self.calibrated(outputs))


@dataclass(frozen=True)
class Pipeline:
    """The parts that are fitted: first each member's calibration, then the scheme."""

    calibrator: Calibrator
    scheme: Scheme

    @property
    def needs_fit(self) -> bool:
        """Whether any part needs labelled samples."""
        return self.calibrator.needs_fit or self.scheme.needs_fit

    def fit(self, fit: FitData) -> Fitted:
        """Fit both parts on the same samples."""
        calibrations = calibrate(self.calibrator, fit)
        calibrated = fit.calibrated(apply(calibrations, fit.outputs).logits)
        fitted = self.scheme.fit(calibrated)
        return Fitted(calibrations, _as_rule(fitted, type(self.scheme), fit))

    def combine_held_out(
        self, fit: FitData, outputs: Outputs, groups: npt.NDArray[Any], scores: Tensor, count: int
    ) -> int:
        """Replace fused scores, in place, by those of fits that have not seen a sample's group.

        Args:
            fit: labelled samples.
            outputs: of any samples; those whose group has no labelled sample keep their scores.
            groups: the samples' groups, `(samples,)`.
            scores: fused scores, `(samples, classes)`.
            count: the number of folds.

        Returns:
            The number of fits; 0 if there are fewer than two folds, and nothing is replaced.

        Raises:
            FusionError: the scheme cannot be fitted without one of the folds.
        """
        fits = self.cross_fit(fit, count)
        fold_of = {group: k for k, (_, held_out) in enumerate(fits) for group in held_out}
        fold = np.array([fold_of.get(group, -1) for group in groups])
        for k, (fitted, _) in enumerate(fits):
            rows = torch.as_tensor(fold == k, device=scores.device)
            scores[rows] = fitted.combine(outputs.select(rows))
        return len(fits)

    def cross_fit(self, fit: FitData, count: int) -> list[tuple[Fitted, set[str]]]:
        """Fit once per fold, on the samples of the other folds.

        Args:
            fit: labelled samples.
            count: the number of folds.

        Returns:
            Each fit and the groups that it has not seen; empty if there are fewer than two folds.

        Raises:
            FusionError: the scheme cannot be fitted without one of the folds.
        """
        parts = folds(fit.labels.cpu().numpy(), fit.groups, count, fit.seed)
        fits = []
        for number, (train, held_out) in enumerate(parts, start=1):
            try:
                fitted = self.fit(fit.select(train))
            except FusionError as error:
                raise FusionError(
                    f"without fold {number} of {len(parts)} of the fit split: {error}; or use "
                    "fit_folds=1, which fuses all rows of the fit split by one fit"
                ) from error
            fits.append((fitted, set(fit.groups[held_out])))
        return fits


def _as_rule(fitted: object, scheme: type, fit: FitData) -> Rule:
    """Return what a scheme's fit has returned as a rule; a user's scheme may return anything."""
    if isinstance(fitted, Weights):
        per_class = fitted.per == "class"
        shape = (len(fit.members), len(fit.classes)) if per_class else (len(fit.members),)
        got = tuple(fitted.values.shape)[: len(shape)]
        if got != shape:
            raise FusionError(
                f"{dotted_path(scheme)}.fit returned weights per {fitted.per} of shape {got}; "
                f"these members and classes need {shape}"
            )
        return Pooled(fitted)
    if isinstance(fitted, Rule):
        return fitted
    raise FusionError(
        f"{dotted_path(scheme)}.fit must return lfx.Weights, or a rule with "
        f"combine and document; it returned a {type(fitted).__name__}"
    )
