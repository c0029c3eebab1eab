"""Whether rows of predictions are beyond reproach, found by columns: seconds for a million rows.

Nothing is named here: where anything is wrong, `lfx.artifacts.checks` looks at rows one by one.
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
    """Give sample ids, groups and splits as Arrow's strings.

    Returns:
        Column → `(rows,)`; None where a value is no text, no UTF-8, empty, or an unknown split.
    """
    columns = {}
    for name in TEXTS:
        try:
            column = predictions.texts(name)
        except (pa.ArrowException, UnicodeEncodeError, TypeError):
            return None
        # Arrow takes bytes and None for strings too.
        if not predictions.are_texts(name) or pc.min(pc.binary_length(column)).as_py() == 0:
            return None
        columns[name] = column
    return columns if set(pc.unique(columns["split"]).to_pylist()) <= set(SPLITS) else None


def are_consistent(predictions: Predictions, columns: Mapping[str, pa.Array]) -> bool:
    """Say whether no (sample, fold) repeats and each sample has one split, group and label.

    Args:
        predictions: of which.
        columns: as `text_columns` gives them.
    """
    encoded = columns["sample_id"].dictionary_encode()
    samples, rows = len(encoded.dictionary), len(predictions.fold)
    if samples == rows:
        return True
    code = encoded.indices.to_numpy()
    if _repeats(code.astype(np.int64) * 2**16 + predictions.fold):
        return False
    facts = [columns[name].dictionary_encode().indices.to_numpy() for name in ("split", "group")]
    for fact in (*facts, predictions.label):
        said = np.empty(samples, dtype=fact.dtype)
        said[code] = fact
        if (said[code] != fact).any():
            return False
    oof = pc.equal(columns["split"], OOF).to_numpy(zero_copy_only=False)
    return not _repeats(code[oof])


def _repeats(values: np.ndarray[Any, Any]) -> bool:
    ordered = np.sort(values)
    return bool((ordered[1:] == ordered[:-1]).any())
