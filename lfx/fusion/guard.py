"""Checks that weights are not fitted on the reported split, or on no labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.artifacts.predictions import NONE
from lfx.data.split_names import FitSplit
from lfx.runtime.errors import FusionError
from lfx.runtime.settings import value_problems

if TYPE_CHECKING:
    from collections.abc import Sequence

NEEDS_NO_LABELS = "fusion=mean calibration=none"


def refuse_leak(fit_split: str, report_splits: Sequence[str], *, allow_leaky_fit: bool) -> bool:
    """Raise an error if a reported split is fitted on, unless the user allows it.

    Weights that are fitted on the labels of the test split make its scores too good, and the scores
    do not show it.

    Args:
        fit_split: the split whose labels the scheme is fitted on.
        report_splits: the splits that are reported.
        allow_leaky_fit: return True in place of raising an error.

    Returns:
        Whether the fit leaks; reports of its scores must say so.

    Raises:
        FusionError: the fit leaks and this is not allowed.
    """
    leaky = fit_split in report_splits
    if leaky and not allow_leaky_fit:
        remedy = "Report another split" if fit_split == "val" else "Use fit_split=val"
        raise FusionError(
            f"fit_split={fit_split} is also the split that is reported, so its scores would be too "
            f"good. {remedy}, or allow_leaky_fit=true to get the scores, marked as leaky"
        )
    return leaky


def fit_rows(
    fit_split: str, split: np.ndarray[Any, Any], label: np.ndarray[Any, Any]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return the mask of the labelled rows of the fit split.

    Args:
        fit_split: `val`, `test` or `oof`.
        split: `(samples,)`, strings.
        label: `(samples,)`, -1 if unlabelled.

    Returns:
        A mask, `(samples,)`, with at least one row.

    Raises:
        FusionError: there is no such split, or it has no labels; lists the splits that exist.
    """
    problems = value_problems("fit_split", fit_split, FitSplit)
    if problems:
        raise FusionError(problems[0])
    rows = {name: int((split == name).sum()) for name in sorted(set(map(str, split)))}
    labelled = {name: int(((split == name) & (label != NONE)).sum()) for name in rows}
    if not labelled.get(fit_split):
        missing = "no labels" if rows.get(fit_split) else "no rows"
        listed = ", ".join(
            f"{name} ({labelled[name]} of {count} labelled)" for name, count in rows.items()
        )
        raise FusionError(
            f"fit_split={fit_split}: the members have {missing} there. They share: {listed}. Use "
            f"another fit_split, a fusion without a fit ({NEEDS_NO_LABELS}), or artifacts with "
            f"labelled {fit_split} rows"
        )
    return np.asarray((split == fit_split) & (label != NONE), dtype=np.bool_)
