"""Which of several runs cannot be told apart by what they predict."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from lfx.artifacts.parquet import read_predictions
from lfx.evaluation.mcnemar import mcnemar
from lfx.evaluation.multiple import holm, letters
from lfx.reporting.verdict import ALPHA
from lfx.runtime.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

log = logging.getLogger(__name__)


def tell_apart(folders: Sequence[Path], split: str) -> list[str] | None:
    """Return letters such that two runs share one if and only if they cannot be told apart.

    Every pair is tested with McNemar's exact test, and the p-values are adjusted by Holm's method.

    Args:
        folders: of the runs.
        split: the split whose labelled samples are compared.

    Returns:
        The letters of each run; None if the predictions of a run cannot be read, or are of other
        samples.
    """
    hits = _hits_by_group(folders, split)
    if hits is None:
        return None
    pairs = [(one, other) for one in range(len(hits)) for other in range(one)]
    p_values = holm([mcnemar(hits[one] - hits[other]) for one, other in pairs])
    different = np.zeros((len(hits), len(hits)), np.bool_)
    for (one, other), p in zip(pairs, p_values, strict=True):
        different[one, other] = different[other, one] = p <= ALPHA
    return letters(different)


def _hits_by_group(folders: Sequence[Path], split: str) -> NDArray[np.int64] | None:
    """Return how many samples of each group each run predicts correctly, `(runs, groups)`."""
    hits: list[NDArray[np.int64]] = []
    first, groups = None, np.zeros(0, np.int64)
    for folder in folders:
        try:
            predictions = read_predictions(folder / "predictions.parquet")
        except ArtifactError as error:
            log.warning("runs are not compared: %s", error)
            return None
        rows = predictions.select(predictions.rows(split) & (predictions.label >= 0))
        if first is None:
            first = rows.sample_id
            _, groups = np.unique(rows.group, return_inverse=True)
        if not len(first) or not np.array_equal(rows.sample_id, first):
            return None
        hits.append(
            np.bincount(groups, weights=rows.logits.argmax(axis=1) == rows.label).astype(np.int64)
        )
    return np.stack(hits) if hits else None
