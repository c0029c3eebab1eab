"""What a fusion is fitted on and reported on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FitPlan:
    """The samples that a fusion is fitted on and those that it is reported on.

    Attributes:
        fit_split: the split whose labels weights and calibrations are fitted on: `val`, `test` or
            `oof`.
        report_split: the split that is reported; None: `test`, or another one if the members share
            no labelled test samples, which is reported although it is fitted on.
        allow_leaky_fit: allow both splits to be the same, and mark the result as leaky.
        fit_folds: number of folds of the fit split, each fused by a fit on the other folds, so that
            its scores are out-of-sample too; 1: all rows by one fit, in-sample.
        best_by: key of the score that selects the best member, such as `f1_weighted`.
        seed: seed of the folds and of everything random in a fit.
    """

    fit_split: str = "val"
    report_split: str | None = None
    allow_leaky_fit: bool = False
    fit_folds: int = 5
    best_by: str = "f1_weighted"
    seed: int = 0
