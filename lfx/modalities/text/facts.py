"""What texts tell of themselves: their lengths, and signs of a wrong encoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lfx.modalities.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.data.column import TextColumn

# Texts that are split into words at a time.
_CHUNK = 100_000
_REPLACEMENT = "\ufffd"


def text_facts(column: TextColumn, rows: Sequence[int]) -> Facts:
    """Return the lengths of texts, and how many hold the sign of a byte that was not decoded.

    Args:
        column: the texts.
        rows: positions of samples that have one.

    Example:
        >>> from lfx.data.column import TextColumn
        >>> facts = text_facts(TextColumn(["two  words", None, "one"]), [0, 2])
        >>> {name: lengths.tolist() for name, lengths in facts.measures.items()}
        {'characters': [10.0, 3.0], 'words': [2.0, 1.0]}
    """
    texts = column.values.take(pa.array(np.asarray(rows, dtype=np.int64)))
    lost = int(pc.sum(pc.match_substring(texts, _REPLACEMENT)).as_py() or 0)
    return Facts(
        measures={"characters": _numbers(pc.utf8_length(texts)), "words": _count_words(texts)},
        notes=[f"texts with U+FFFD, the sign of bytes that were not decoded: {lost:,}"]
        if lost
        else [],
    )


def _count_words(texts: Any) -> npt.NDArray[np.float64]:
    """Return how many words each text has, between white space."""
    parts = [
        pc.list_value_length(pc.utf8_split_whitespace(pc.utf8_trim_whitespace(chunk)))
        for start in range(0, len(texts), _CHUNK)
        for chunk in [texts.slice(start, _CHUNK)]
    ]
    return np.concatenate([np.empty(0), *map(_numbers, parts)])


def _numbers(values: Any) -> npt.NDArray[np.float64]:
    return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False))
