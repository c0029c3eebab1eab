"""Merge the predictions of a cross-validation's models into one artifact."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lfx.artifacts.join import join
from lfx.artifacts.parquet import read_predictions, write_predictions
from lfx.artifacts.predictions import Predictions
from lfx.runtime.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

log = logging.getLogger(__name__)


def in_fold(predictions: Predictions, fold: int, split_fingerprint: str) -> Predictions:
    """Return predictions with the fold of their model.

    Args:
        predictions: predictions of one model.
        fold: the fold that the model was not trained on.
        split_fingerprint: identifies the division into folds.
    """
    return replace(
        predictions,
        fold=np.full(len(predictions.fold), fold, dtype=np.int16),
        metadata=replace(predictions.metadata, split_fingerprint=split_fingerprint),
    )


def merge_folds(parts: Mapping[int, Predictions]) -> Predictions:
    """Concatenate the rows of several folds' models, in the order of the folds.

    Args:
        parts: fold → the predictions of its model.

    Raises:
        ArtifactError: the parts have different data, folds or settings.
    """
    ordered = [parts[fold] for fold in sorted(parts)]
    first = ordered[0].metadata
    for fold, part in parts.items():
        if not are_of_one_run(part, ordered[0]):
            raise ArtifactError(
                f"fold {fold} has other data, folds or settings than fold {min(parts)}"
            )
    columns = ("sample_id", "group", "split", "fold", "label", "logits", "seen")
    rows = {name: np.concatenate([getattr(part, name) for part in ordered]) for name in columns}
    newest = max(part.metadata.created for part in ordered)
    return Predictions(**rows, metadata=replace(first, created=newest))


def publish_fold(folder: Path, fold: int, part: Predictions) -> dict[int, Predictions]:
    """Write a fold's predictions, and return all published folds of the same cross-validation.

    Args:
        folder: has one file per fold.
        fold: the fold of the model that made the predictions.
        part: the predictions.

    Returns:
        Fold → predictions with the same data, folds, settings and seed.
    """
    write_predictions(folder / f"fold_{fold}.parquet", part)
    parts = {}
    for file in folder.glob("fold_*.parquet"):
        try:
            other = read_predictions(file)
        except ArtifactError as error:
            log.warning("ignored: %s", error)
            continue
        if are_of_one_run(other, part):
            parts[int(other.fold[0])] = other
    return parts


def are_of_one_run(first: Predictions, second: Predictions) -> bool:
    """Return whether two folds' predictions have the same data, folds, settings and seed."""
    keys = ("classes", "data_fingerprint", "split_fingerprint", "columns", "config_hash", "seed")
    return all(getattr(first.metadata, key) == getattr(second.metadata, key) for key in keys)


def average_folds(predictions: Predictions) -> Predictions:
    """Return one row per sample: the mean probability of the folds' models that predict it.

    Args:
        predictions: predictions of any number of folds.

    Returns:
        Rows by split, then by id, without folds; samples with a single row keep their logits.
    """
    joined = join({"member": predictions})
    return joined.predictions(joined.logits[0].astype(np.float32), predictions.metadata)
