"""Counting samples that share their content: within parts, across them, and with other labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from lfx.data.samples import Integers
    from lfx.reporting.data_card.parts import Mask

# The code of a sample without content.
ABSENT = -1


@dataclass(frozen=True)
class Copies:
    """Samples that share their content.

    Attributes:
        samples: number of samples with content.
        different: number of different contents.
        repeated: number of contents that several samples share.
        repeating: number of samples that share theirs.
        largest: number of samples of the content that most share.
        overlaps: such as `test in train` → how many of the first part's samples share their content
            with one of the second, and how many of the first part's have content.
        contradicting: number of contents whose samples have different labels.
        contradicted: number of their samples.
        unavoidable: at the least so many of these get a wrong answer from any model that sees
            nothing but the content.
    """

    samples: int
    different: int
    repeated: int
    repeating: int
    largest: int
    overlaps: Mapping[str, tuple[int, int]]
    contradicting: int
    contradicted: int
    unavoidable: int


def count_copies(
    codes: Integers, labels: Integers, overlaps: Mapping[str, Sequence[tuple[Mask, Mask]]]
) -> Copies:
    """Count samples that share their content.

    Args:
        codes: (samples,) samples of one number share their content; `ABSENT`: there is none.
        labels: (samples,) indices of classes; -1: no label.
        overlaps: see `Parts`.

    Example:
        >>> codes, labels = np.array([7, 7, 7, 3]), np.array([0, 0, 1, 1])
        >>> first, last = np.array([True, True, False, True]), np.array([False, False, True, False])
        >>> copies = count_copies(codes, labels, {"test in train": [(last, first)]})
        >>> copies.repeated, copies.repeating, copies.overlaps, copies.unavoidable
        (1, 3, {'test in train': (1, 1)}, 1)
    """
    has = codes != ABSENT
    _, content, counts = np.unique(codes[has], return_inverse=True, return_counts=True)
    repeated = counts > 1
    contradicting, contradicted, unavoidable = _contradictions(content, labels[has])
    return Copies(
        samples=len(content),
        different=len(counts),
        repeated=int(repeated.sum()),
        repeating=int(counts[repeated].sum()),
        largest=int(counts.max(initial=0)),
        overlaps={
            title: (
                sum(_shared(content, one[has], other[has]) for one, other in pairs),
                sum(int(one[has].sum()) for one, _ in pairs),
            )
            for title, pairs in overlaps.items()
        },
        contradicting=contradicting,
        contradicted=contradicted,
        unavoidable=unavoidable,
    )


def contradicting_codes(codes: Integers, labels: Integers) -> Integers:
    """Return the codes whose samples have different labels, those of most samples first.

    Args:
        codes: (samples,) see `count_copies`.
        labels: (samples,) likewise.
    """
    used = (codes != ABSENT) & (labels >= 0)
    if not used.any():
        return codes[:0]
    values, content = np.unique(codes[used], return_inverse=True)
    base = int(labels.max()) + 1
    pairs, counts = np.unique(content * base + labels[used], return_counts=True)
    starts, different = np.unique(pairs // base, return_index=True, return_counts=True)[1:]
    sizes = np.where(different > 1, np.add.reduceat(counts, starts), 0)
    order = np.argsort(-sizes, kind="stable")
    return np.asarray(values[order[: np.count_nonzero(sizes)]], dtype=np.int64)


def _shared(content: Integers, one: Mask, other: Mask) -> int:
    """Return how many samples of one part share their content with a sample of the other."""
    return int(np.isin(content[one], content[other]).sum())


def _contradictions(content: Integers, labels: Integers) -> tuple[int, int, int]:
    labelled = labels >= 0
    if not labelled.any():
        return 0, 0, 0
    base = int(labels.max()) + 1
    pairs, counts = np.unique(content[labelled] * base + labels[labelled], return_counts=True)
    _, starts, different = np.unique(pairs // base, return_index=True, return_counts=True)
    several = different > 1
    totals = np.add.reduceat(counts, starts)
    wrong = totals - np.maximum.reduceat(counts, starts)
    return int(several.sum()), int(totals[several].sum()), int(wrong.sum())
