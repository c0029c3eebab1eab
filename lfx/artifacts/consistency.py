"""Fast checks of whole columns of predictions: seconds for a million rows.

They name no rows: if a check fails, `lfx.artifacts.checks` checks row by row to name them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfx.artifacts.predictions import TEXTS, Predictions
from lfx.data.split_names import OOF, SPLITS

if TYPE_CHECKING:
    from collections.abc import Mapping


def text_columns(predictions: Predictions) -> dict[str, pa.Array] | None:
    """Return sample ids, groups and splits as Arrow strings.

    Returns:
        Column → `(rows,)`; None if a value is not a string, not UTF-8, empty, or an unknown split.
    """
    columns = {}
    for name in TEXTS:
        try:
            column = predictions.texts(name)
        except (pa.ArrowException, UnicodeEncodeError, TypeError):
            return None
        # Arrow accepts bytes and None as strings.
        if not predictions.are_texts(name) or pc.min(pc.binary_length(column)).as_py() == 0:
            return None
        columns[name] = column
    return columns if set(pc.unique(columns["split"]).to_pylist()) <= set(SPLITS) else None


def are_consistent(predictions: Predictions, columns: Mapping[str, pa.Array]) -> bool:
    """Return whether (sample, fold) is unique and each sample has one split, group and label.

    Args:
        predictions: the predictions.
        columns: their Arrow strings, from `text_columns`.
    """
    encoded = columns["sample_id"].dictionary_encode()
    samples, rows = len(encoded.dictionary), len(predictions.fold)
    if samples == rows:
        return True
    sample = encoded.indices.to_numpy()
    if _has_repeats(sample.astype(np.int64) * 2**16 + predictions.fold):
        return False
    codes = [columns[name].dictionary_encode().indices.to_numpy() for name in ("split", "group")]
    for values in (*codes, predictions.label):
        value_of_sample = np.empty(samples, dtype=values.dtype)
        value_of_sample[sample] = values
        if (value_of_sample[sample] != values).any():
            return False
    oof = pc.equal(columns["split"], OOF).to_numpy(zero_copy_only=False)
    return not _has_repeats(sample[oof])


def _has_repeats(values: np.ndarray[Any, Any]) -> bool:
    ordered = np.sort(values)
    return bool((ordered[1:] == ordered[:-1]).any())
