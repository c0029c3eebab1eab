"""What numbers tell of themselves: shapes, ranges, and features that never change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lfx.modalities.facts import Facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from lfx.data.column import NumberColumn


def number_facts(column: NumberColumn, rows: Sequence[int]) -> Facts:
    """Return lengths, ranges and the number of features of vectors or sequences.

    Args:
        column: the numbers.
        rows: positions of samples that have some, all finite.

    Example:
        >>> from lfx.data.column import NumberColumn
        >>> facts = number_facts(NumberColumn.of([[1, 5], None, [[3, 5], [2, 5]]]), [0, 2])
        >>> facts.measures["steps"].tolist(), facts.measures["largest number"].tolist()
        ([1.0, 2.0], [5.0, 5.0])
        >>> facts.notes
        ['1 of 2 features never changes: 2']
    """
    part = column.at(rows)
    lengths = np.diff(part.starts)
    measures: dict[str, npt.NDArray[np.float64]] = {}
    notes = []
    if lengths.max(initial=0) > 1:
        measures["steps"] = lengths.astype(np.float64)
    if part.values.size:
        starts = part.starts[:-1]
        smallest = np.minimum.reduceat(part.values.min(axis=1), starts)
        largest = np.maximum.reduceat(part.values.max(axis=1), starts)
        measures |= {
            "smallest number": smallest.astype(np.float64),
            "largest number": largest.astype(np.float64),
        }
        same = np.flatnonzero(part.values.min(axis=0) == part.values.max(axis=0)) + 1
        if len(same) and len(part.values) > 1:
            more = f" and {len(same) - _MOST} more" if len(same) > _MOST else ""
            notes.append(
                f"{len(same):,} of {part.width:,} features never "
                f"{'change' if len(same) > 1 else 'changes'}: "
                f"{', '.join(map(str, same[:_MOST]))}{more}"
            )
    return Facts(measures, {"features": {str(part.width): len(rows)}}, notes=notes)


# Features that a note names.
_MOST = 10
