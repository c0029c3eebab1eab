"""Whether a model was fitted on another sample of a row's group: yes, no, or unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from numpy.typing import NDArray

Seen = np.ndarray[Any, np.dtype[np.int8]]

UNKNOWN = -1
"""Value of "unknown" in memory, beside 0 (no) and 1 (yes); in a file it is null."""
# Kleene's or is the largest value if "no" < "unknown" < "yes".
_RANKS = np.array([0, 2, 1], dtype=np.int8)  # of no, yes, unknown: unknown is index -1
_VALUES = np.array([0, UNKNOWN, 1], dtype=np.int8)  # of ranks 0, 1, 2


def seen_by(groups: NDArray[np.object_], fitted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return whether another sample of each sample's group is among those that were fitted.

    Args:
        groups: group of each sample, `(samples,)`, strings; an Arrow array will do.
        fitted: whether a model was fitted on the sample, `(samples,)`.

    Returns:
        `(samples,)`; a sample that was fitted itself does not count as another one.

    Example:
        >>> groups = np.array(["a", "a", "b", "b", "b", "c"], dtype=object)
        >>> seen_by(groups, np.array([True, False, True, True, False, True])).tolist()
        [False, True, True, True, True, False]
    """
    column = groups if isinstance(groups, pa.Array) else pa.array(groups, pa.large_string())
    group = column.dictionary_encode().indices.to_numpy()
    others = np.bincount(group[fitted], minlength=len(group))[group] - fitted
    return np.asarray(others > 0, dtype=np.bool_)


def seen_by_any(seen: Seen, starts: NDArray[np.int64] | None = None) -> Seen:
    """Combine values by Kleene's or: yes if any is yes, else unknown if any is unknown, else no.

    Args:
        seen: `(models, samples)`, or with `starts` `(rows,)`.
        starts: the first row of each sample, `(samples,)`; a sample's rows are consecutive.

    Returns:
        `(samples,)`.

    Example:
        >>> models = np.array([[0, 0, -1, 1], [0, -1, -1, -1]], dtype=np.int8)
        >>> seen_by_any(models).tolist()
        [0, -1, -1, 1]
    """
    ranks = _RANKS[seen]
    largest = ranks.max(axis=0) if starts is None else np.maximum.reduceat(ranks, starts)
    return np.asarray(_VALUES[largest], dtype=np.int8)
