"""Connecting similar sets of words: an exact similarity join in almost linear time.

Two sets whose Jaccard similarity reaches the threshold share most of their words, so they also
share some of their rarest words. Every set is indexed by all combinations of three of its rarest
words; similar sets share at least one of these combinations. This is prefix filtering (Chaudhuri,
Ganti and Kaushik 2006) with the longer prefixes of AdaptJoin (Wang, Li and Feng 2012):
combinations of three rare words are so much rarer than single words that hardly any dissimilar
sets share one. Only connectivity is needed, not all pairs, so connected sets are not compared
again: 10,000 similar sets take 10,000 comparisons.
"""

from __future__ import annotations

from itertools import combinations
from math import ceil, comb
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from lfx.data.packed import join_ranges, parity_bits
from lfx.runtime.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

FEWEST_WORDS = 3
# 0.7 * 10 is a little more than 7 in floating point; a prefix that is too long only costs time.
_ROUNDING = 1e-9
# Largest set → words in a combination. A large set has too many combinations of three.
_LARGEST = ((32, 3), (100, 2), (2**31, 1))
# Combinations and pairs that are held in memory at a time.
_COMBINATIONS, _PAIRS = 2**23, 2**21
# Fewer sets are done before a progress bar could be read.
_WITH_PROGRESS = 50_000
_ONES = np.array([value.bit_count() for value in range(2**16)], dtype=np.uint8)


def connect_similar_sets(sets: Sequence[set[str]], threshold: float) -> Integers:
    """Connect sets whose Jaccard similarity reaches the threshold, exactly and transitively.

    Args:
        sets: word sets; those with fewer than three words are not connected.
        threshold: above 0, at most 1.

    Returns:
        (sets,) the position of the first set that each is connected with, or its own.
    """
    firsts = np.arange(len(sets), dtype=np.int64)
    first_with: dict[frozenset[str], int] = {}
    for position, words in enumerate(sets):
        if len(words) >= FEWEST_WORDS:
            firsts[position] = first_with.setdefault(frozenset(words), position)
    if len(first_with) > 1:
        distinct = np.fromiter(first_with.values(), dtype=np.int64, count=len(first_with))
        connected = _Join(list(first_with), threshold).connect()
        firsts[distinct] = distinct[connected]
        firsts = firsts[firsts]
    return firsts


class _Index(NamedTuple):
    """Sets sorted by combinations of their words; those between two bounds share one."""

    sets: Integers
    bounds: Integers


class _Join:
    """Connects different sets.

    Args:
        sets: all different, of three words or more.
        threshold: above 0, at most 1.
    """

    def __init__(self, sets: Sequence[frozenset[str]], threshold: float) -> None:
        self._threshold = threshold
        self._sizes = np.fromiter(map(len, sets), dtype=np.int64, count=len(sets))
        numbers: dict[str, int] = {}
        words = np.fromiter(
            (numbers.setdefault(word, len(numbers)) for members in sets for word in members),
            dtype=np.int64,
            count=int(self._sizes.sum()),
        )
        # A word's number becomes its rank, the rarest first.
        ranks = np.empty(len(numbers), dtype=np.int64)
        ranks[np.argsort(np.bincount(words), kind="stable")] = np.arange(len(numbers))
        owners = np.repeat(np.arange(len(sets)), self._sizes)
        words = ranks[words]
        words = words[np.lexsort((words, owners))]
        self._starts = np.concatenate([[0], np.cumsum(self._sizes)])
        self._words = words
        ones = np.ones(len(words), dtype=np.int32)
        self._matrix = csr_array((ones, words, self._starts), shape=(len(sets), len(numbers)))
        # Equal sums of random numbers mean equal words; if not, a comparison is wasted.
        self._marks = np.random.default_rng(0).integers(2**63, size=len(numbers), dtype=np.uint64)
        self._parities = parity_bits(self._marks[self._words], self._starts[:-1])
        self._first = np.arange(len(sets), dtype=np.int64)

    def connect(self) -> Integers:
        """Return for each set the position of the first one that it is connected with."""
        batches = list(self._batches())
        shown = len(self._first) >= _WITH_PROGRESS
        for batch in track(batches, "comparing texts", len(batches)) if shown else batches:
            self._connect_indexed(self._index(*batch))
        return self._first

    def _batches(self) -> Iterator[tuple[Integers, int, int, int]]:
        """Yield the arguments of `_index`, so that each fits into memory."""
        lowest = 0
        for largest, words in _LARGEST:
            # The larger set of a pair is above `lowest`, and the smaller one not much smaller.
            least = max(FEWEST_WORDS, ceil(self._threshold * (lowest + 1) - _ROUNDING))
            rows = np.flatnonzero((self._sizes >= least) & (self._sizes <= largest))
            if len(rows) and (self._sizes[rows] > lowest).any():
                shared = min(words, max(1, ceil(self._threshold * least - _ROUNDING)))
                kinds, counts = np.unique(self._sizes[rows], return_counts=True)
                total = sum(
                    count * comb(self._prefix(int(size), shared), shared)
                    for size, count in zip(kinds, counts.tolist(), strict=True)
                )
                parts = -(-total // _COMBINATIONS)
                for part in range(parts):
                    yield rows, shared, part, parts
            lowest = largest

    def _prefix(self, size: int, shared: int) -> int:
        """Return how many of a set's rarest words contain `shared` words of any similar set."""
        return min(size, size - ceil(self._threshold * size - _ROUNDING) + shared)

    def _index(self, rows: Integers, words: int, part: int, parts: int) -> _Index:
        """Index sets by combinations of their rarest words.

        Args:
            rows: positions of the sets.
            words: number of words in a combination.
            part: the part of all combinations that is indexed.
            parts: number of parts.
        """
        marks, owners = [], []
        sizes = self._sizes[rows]
        for size in np.unique(sizes).tolist():
            same = rows[sizes == size]
            prefix = self._words[self._starts[same][:, None] + np.arange(self._prefix(size, words))]
            prefix_marks = self._marks[prefix]
            for chosen in combinations(range(prefix.shape[1]), words):
                mark = prefix_marks[:, list(chosen)].sum(axis=1, dtype=np.uint64)
                in_part = mark % np.uint64(parts) == part
                marks.append(mark[in_part])
                owners.append(same[in_part])
        mark, owner = np.concatenate(marks), np.concatenate(owners)
        order = np.argsort(mark, kind="stable")
        mark, owner = mark[order], owner[order]
        bounds = np.concatenate([[0], np.flatnonzero(mark[1:] != mark[:-1]) + 1, [len(mark)]])
        return _Index(owner, bounds)

    def _connect_indexed(self, index: _Index) -> None:
        """Compare sets that share a combination and are not connected yet.

        The first set of each combination is compared with all others, then the next two, the next
        four and so on: if all are similar, the first comparison connects them.
        """
        starts, ends = index.bounds[:-1], index.bounds[1:]
        offset, width = 0, 1
        while True:
            several = ends - starts > offset + 1
            starts, ends = starts[several], ends[several]
            if not len(starts):
                return
            # Combinations whose sets are all connected are done.
            members, inner = join_ranges(starts, ends - starts)
            first = self._first[index.sets[members]]
            open_ = np.minimum.reduceat(first, inner) != np.maximum.reduceat(first, inner)
            starts, ends = starts[open_], ends[open_]
            counts = np.minimum(width, ends - starts - offset - 1)
            pivots, _ = join_ranges(starts + offset, counts)
            self._compare(index.sets, pivots, np.repeat(ends, counts))
            offset, width = offset + width, 2 * width

    def _compare(self, sets: Integers, pivots: Integers, last: Integers) -> None:
        """Compare each set at a pivot with those after it, up to `last`, and connect similar ones.

        Args:
            sets: of the index.
            pivots: positions in `sets`.
            last: for each pivot, the end of its combination.
        """
        counts = last - pivots - 1
        before = np.concatenate([[0], np.cumsum(counts)])
        low = 0
        while low < len(pivots):
            # As many pivots as fit into memory, at least one.
            high = int(np.searchsorted(before, before[low] + _PAIRS, side="right")) - 1
            high = max(high, low + 1)
            right, _ = join_ranges(pivots[low:high] + 1, counts[low:high])
            left = np.repeat(sets[pivots[low:high]], counts[low:high])
            self._connect_similar(left, sets[right])
            low = high

    def _connect_similar(self, left: Integers, right: Integers) -> None:
        """Connect the similar ones among pairs of sets."""
        apart = self._first[left] != self._first[right]
        left, right = left[apart], right[apart]
        both = self._sizes[left] + self._sizes[right]
        shared = np.ceil(self._threshold / (1 + self._threshold) * both - _ROUNDING)
        # The number of words that may be in one of the two sets only.
        most = both - 2 * shared.astype(np.int64)
        near = np.abs(self._sizes[left] - self._sizes[right]) <= most
        left, right, most = left[near], right[near], most[near]
        differing = _ONES[self._parities[left] ^ self._parities[right]].sum(axis=1, dtype=np.int64)
        near = differing <= most
        # A pair may share several combinations.
        pairs = np.unique(left[near] * len(self._first) + right[near])
        left, right = np.divmod(pairs, len(self._first))
        shared = self._matrix[left].multiply(self._matrix[right]).sum(axis=1)
        union = self._sizes[left] + self._sizes[right] - shared
        similar = shared / union >= self._threshold
        if similar.any():
            self._join_components(left[similar], right[similar])

    def _join_components(self, left: Integers, right: Integers) -> None:
        size = len(self._first)
        ends = (self._first[left], self._first[right])
        graph = coo_array((np.ones(len(left), dtype=np.int8), ends), shape=(size, size))
        _, component = connected_components(graph, directed=False)
        firsts = np.full(size, size, dtype=np.int64)
        np.minimum.at(firsts, component, np.arange(size))
        self._first = firsts[component][self._first]
