"""Keeps weights from being fitted on what they are reported on, or on nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.artifacts.predictions import NONE
from lfx.runtime.errors import FusionError

if TYPE_CHECKING:
    from collections.abc import Sequence

NEEDS_NO_LABELS = "fusion=mean calibration=none"
FIT_SPLITS = ("val", "test", "oof")


def refuse_leak(fit_split: str, report_splits: Sequence[str], allow_leaky_fit: bool) -> bool:  # noqa: FBT001
    """Refuse to fit on a split that is reported, unless the user insists.

    Weights that have seen the labels of the test split make its numbers too good, and nothing in
    the numbers shows it.

    Args:
        fit_split: where the scheme takes its labels from.
        report_splits: which splits' numbers are held against those of others.
        allow_leaky_fit: let it pass, marked.

    Returns:
        Whether the fit leaks; whoever reports it has to say so.

    Raises:
        FusionError: it leaks and is not allowed to.
    """
    leaky = fit_split in report_splits
    if leaky and not allow_leaky_fit:
        raise FusionError(
            f"fit_split={fit_split} is also the split that is reported, so the numbers would be "
            "too good. Use fit_split=val, or, to get them all the same and marked as leaky, "
            "allow_leaky_fit=true"
        )
    return leaky


def fit_rows(
    fit_split: str, split: np.ndarray[Any, Any], label: np.ndarray[Any, Any]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Find the labelled rows of the fit split.

    Args:
        fit_split: `val`, `test` or `oof`.
        split: `(samples,)`, strings.
        label: `(samples,)`, -1 where unlabelled.

    Returns:
        A mask, `(samples,)`, with at least one row.

    Raises:
        FusionError: no such split, or no labels in it; names the splits that are there.
    """
    if fit_split not in FIT_SPLITS:
        raise FusionError(f"fit_split: allowed are {', '.join(FIT_SPLITS)}; got {fit_split!r}")
    there = {name: int((split == name).sum()) for name in sorted(set(map(str, split)))}
    labelled = {name: int(((split == name) & (label != NONE)).sum()) for name in there}
    if not labelled.get(fit_split):
        what = "no labels" if there.get(fit_split) else "no rows"
        listed = ", ".join(
            f"{name} ({labelled[name]} of {rows} labelled)" for name, rows in there.items()
        )
        raise FusionError(
            f"fit_split={fit_split}: the members have {what} there. They share: {listed}. Use "
            f"another fit_split, what needs no labels ({NEEDS_NO_LABELS}), or artifacts that hold "
            f"labelled {fit_split} rows"
        )
    return np.asarray((split == fit_split) & (label != NONE), dtype=np.bool_)
