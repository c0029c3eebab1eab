"""The predictions of a cross-validation's models as one artifact."""

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
    """Say of which fold's model predictions are.

    Args:
        predictions: of one model.
        fold: the one that the model has not seen.
        split_fingerprint: names all folds.
    """
    return replace(
        predictions,
        fold=np.full(len(predictions.fold), fold, dtype=np.int16),
        metadata=replace(predictions.metadata, split_fingerprint=split_fingerprint),
    )


def merge_folds(parts: Mapping[int, Predictions]) -> Predictions:
    """Put the rows of several folds' models together, in the order of the folds.

    Args:
        parts: fold → the predictions of its model.

    Raises:
        ArtifactError: they are of different data, folds or settings.
    """
    ordered = [parts[fold] for fold in sorted(parts)]
    first = ordered[0].metadata
    for fold, part in parts.items():
        if not are_of_one_run(part, ordered[0]):
            raise ArtifactError(
                f"fold {fold} is of other data, folds or settings than fold {min(parts)}"
            )
    columns = ("sample_id", "group", "split", "fold", "label", "logits")
    rows = {name: np.concatenate([getattr(part, name) for part in ordered]) for name in columns}
    newest = max(part.metadata.created for part in ordered)
    return Predictions(**rows, metadata=replace(first, created=newest))


def publish_fold(folder: Path, fold: int, part: Predictions) -> dict[int, Predictions]:
    """Add a fold to those that other runs have published, and give all that belong together.

    Args:
        folder: holds one file per fold.
        fold: whose model made the predictions.
        part: its predictions.

    Returns:
        Fold → predictions, of the same data, folds and settings.
    """
    write_predictions(folder / f"fold_{fold}.parquet", part)
    found = {}
    for file in folder.glob("fold_*.parquet"):
        try:
            other = read_predictions(file)
        except ArtifactError as error:
            log.warning("passed over: %s", error)
            continue
        if are_of_one_run(other, part):
            found[int(other.fold[0])] = other
    return found


def are_of_one_run(one: Predictions, other: Predictions) -> bool:
    """Say whether two folds' predictions have the same data, folds, settings and seed."""
    keys = ("classes", "data_fingerprint", "split_fingerprint", "config_hash", "seed")
    return all(getattr(one.metadata, key) == getattr(other.metadata, key) for key in keys)


def average_folds(predictions: Predictions) -> Predictions:
    """Give one row a sample: where several folds' models predict it, their mean probability.

    Args:
        predictions: of any folds.

    Returns:
        Rows by split, then by id, without folds; rows of a single model keep their logits.
    """
    joined = join({"member": predictions})
    return joined.predictions(joined.logits[0].astype(np.float32), predictions.metadata)
