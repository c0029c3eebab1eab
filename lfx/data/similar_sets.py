"""Which sets of words are connected by similarity: an exact join that grows almost linearly.

Two sets whose Jaccard similarity reaches the threshold share most of their words, so they also
share the first few of these in order of rarity. Every set is filed under all combinations of three
of its rarest words; similar sets meet under one of these combinations at least. That is prefix
filtering (Chaudhuri, Ganti and Kaushik 2006) with the longer prefixes of AdaptJoin (Wang, Li and
Feng 2012): combinations of three rare words are so much rarer than single words that hardly any
dissimilar sets meet. What is asked for is connectivity, not all pairs, so that sets which are
connected already are not compared: a family of 10,000 similar sets takes 10,000 comparisons.
"""

from __future__ import annotations

from itertools import combinations
from math import ceil, comb
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from lfx.runtime.progress import track

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]

FEWEST_WORDS = 3
# 0.7 * 10 is a little more than 7 in floating point; a prefix too long costs time only.
_ROUNDING = 1e-9
# Words in a set up to this → words in a combination. A long set has too many combinations of three.
_LARGEST = ((32, 3), (100, 2), (2**31, 1))
# What is held in memory at a time.
_COMBINATIONS, _PAIRS = 2**23, 2**21
# With fewer sets than these the work is over before a bar could be read.
_WORTH_SHOWING = 50_000
_ONES = np.array([value.bit_count() for value in range(2**16)], dtype=np.uint8)


def connect_similar_sets(sets: Sequence[set[str]], threshold: float) -> Integers:
    """Connect sets whose Jaccard similarity reaches the threshold, exactly and transitively.

    Args:
        sets: word sets; those with fewer than three words are connected with nothing.
        threshold: above 0, 1 at the most.

    Returns:
        (sets,) for each set the position of the first one that it is connected with, which may be
        itself.
    """
    firsts = np.arange(len(sets), dtype=np.int64)
    first_with: dict[frozenset[str], int] = {}
    for place, words in enumerate(sets):
        if len(words) >= FEWEST_WORDS:
            firsts[place] = first_with.setdefault(frozenset(words), place)
    if len(first_with) > 1:
        distinct = np.fromiter(first_with.values(), dtype=np.int64, count=len(first_with))
        connected = _Join(list(first_with), threshold).connect()
        firsts[distinct] = distinct[connected]
        firsts = firsts[firsts]
    return firsts


class _Filed(NamedTuple):
    """Sets under combinations of their words; what lies between two bounds lies under one."""

    sets: Integers
    bounds: Integers


class _Join:
    """Connects different sets.

    Args:
        sets: all different, of three words or more.
        threshold: above 0, 1 at the most.
    """

    def __init__(self, sets: Sequence[frozenset[str]], threshold: float) -> None:
        self._threshold = threshold
        self._sizes = np.fromiter(map(len, sets), dtype=np.int64, count=len(sets))
        numbers: dict[str, int] = {}
        words = np.fromiter(
            (numbers.setdefault(word, len(numbers)) for own in sets for word in own),
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
        # Equal sums of random numbers mean equal words; should they not, a comparison is wasted.
        self._marks = np.random.default_rng(0).integers(2**63, size=len(numbers), dtype=np.uint64)
        self._parities = self._compute_parities()
        self._first = np.arange(len(sets), dtype=np.int64)

    def connect(self) -> Integers:
        """Give each set the position of the first one that it is connected with."""
        batches = list(self._batches())
        shown = len(self._first) >= _WORTH_SHOWING
        for rows, words, part, parts in (
            track(batches, "comparing texts, part by part", len(batches)) if shown else batches
        ):
            self._connect_filed(self._file(rows, words, part, parts))
        return self._first

    def _batches(self) -> Iterator[tuple[Integers, int, int, int]]:
        """Give sets, words in a combination, and which part of the combinations is looked at."""
        lowest = 0
        for largest, words in _LARGEST:
            # The larger one of a pair is above `lowest`, and the smaller one not much smaller.
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
        """Give how many of its rarest words have `shared` of those that a similar set shares."""
        return min(size, size - ceil(self._threshold * size - _ROUNDING) + shared)

    def _file(self, rows: Integers, words: int, part: int, parts: int) -> _Filed:
        """File sets under combinations of their rarest words; sets that meet nobody are left out.

        Args:
            rows: which sets.
            words: in a combination.
            part: which part of all combinations.
            parts: how many there are.
        """
        marks, owners = [], []
        sizes = self._sizes[rows]
        for size in np.unique(sizes).tolist():
            own = rows[sizes == size]
            prefix = self._words[self._starts[own][:, None] + np.arange(self._prefix(size, words))]
            prefix_marks = self._marks[prefix]
            for chosen in combinations(range(prefix.shape[1]), words):
                mark = prefix_marks[:, list(chosen)].sum(axis=1, dtype=np.uint64)
                mine = mark % np.uint64(parts) == part
                marks.append(mark[mine])
                owners.append(own[mine])
        mark, owner = np.concatenate(marks), np.concatenate(owners)
        order = np.argsort(mark, kind="stable")
        mark, owner = mark[order], owner[order]
        bounds = np.concatenate([[0], np.flatnonzero(mark[1:] != mark[:-1]) + 1, [len(mark)]])
        return _Filed(owner, bounds)

    def _connect_filed(self, filed: _Filed) -> None:
        """Compare sets that lie under one combination, as far as they are not connected yet.

        The first set of each combination is compared with all others, then the next two, the next
        four and so on: in a family of similar sets the first comparison connects all of them.
        """
        starts, ends = filed.bounds[:-1], filed.bounds[1:]
        offset, width = 0, 1
        while True:
            several = ends - starts > offset + 1
            starts, ends = starts[several], ends[several]
            if not len(starts):
                return
            # Combinations whose sets are all connected have nothing left to compare.
            members, inner = _ranges(starts, ends - starts)
            first = self._first[filed.sets[members]]
            open_ = np.minimum.reduceat(first, inner) != np.maximum.reduceat(first, inner)
            starts, ends = starts[open_], ends[open_]
            counts = np.minimum(width, ends - starts - offset - 1)
            pivots, _ = _ranges(starts + offset, counts)
            self._compare(filed.sets, pivots, np.repeat(ends, counts))
            offset, width = offset + width, 2 * width

    def _compare(self, sets: Integers, pivots: Integers, last: Integers) -> None:
        """Compare each set at a pivot with those after it, up to `last`, and connect the similar.

        Args:
            sets: as filed.
            pivots: positions in `sets`.
            last: for each pivot, where its combination ends.
        """
        counts = last - pivots - 1
        before = np.concatenate([[0], np.cumsum(counts)])
        low = 0
        while low < len(pivots):
            # As many pivots as fit, and one at least.
            high = int(np.searchsorted(before, before[low] + _PAIRS, side="right")) - 1
            high = max(high, low + 1)
            right, _ = _ranges(pivots[low:high] + 1, counts[low:high])
            one = np.repeat(sets[pivots[low:high]], counts[low:high])
            self._connect_similar(one, sets[right])
            low = high

    def _connect_similar(self, one: Integers, other: Integers) -> None:
        """Connect those of some pairs of sets that are similar."""
        apart = self._first[one] != self._first[other]
        one, other = one[apart], other[apart]
        both = self._sizes[one] + self._sizes[other]
        shared = np.ceil(self._threshold / (1 + self._threshold) * both - _ROUNDING)
        # So many words may be in one of the two sets and not in the other.
        most = both - 2 * shared.astype(np.int64)
        near = np.abs(self._sizes[one] - self._sizes[other]) <= most
        one, other, most = one[near], other[near], most[near]
        differing = _ONES[self._parities[one] ^ self._parities[other]].sum(axis=1, dtype=np.int64)
        near = differing <= most
        # A pair may meet under several combinations.
        pairs = np.unique(one[near] * len(self._first) + other[near])
        one, other = np.divmod(pairs, len(self._first))
        shared = self._matrix[one].multiply(self._matrix[other]).sum(axis=1)
        union = self._sizes[one] + self._sizes[other] - shared
        similar = shared / union >= self._threshold
        if similar.any():
            self._tie(one[similar], other[similar])

    def _tie(self, one: Integers, other: Integers) -> None:
        size = len(self._first)
        ends = (self._first[one], self._first[other])
        graph = coo_array((np.ones(len(one), dtype=np.int8), ends), shape=(size, size))
        _, component = connected_components(graph, directed=False)
        firsts = np.full(size, size, dtype=np.int64)
        np.minimum.at(firsts, component, np.arange(size))
        self._first = firsts[component][self._first]

    def _compute_parities(self) -> npt.NDArray[np.uint16]:
        """Give 256 bits a set, each the parity of how many of its words fall on the bit.

        Two sets that differ in n words differ in n bits at the most.
        """
        bit = (self._marks[self._words] >> np.uint64(55)) & np.uint64(255)
        parities = np.empty((len(self._sizes), 4), dtype=np.uint64)
        for column in range(4):
            here = bit // np.uint64(64) == column
            flipped = np.where(here, np.uint64(1) << (bit % np.uint64(64)), np.uint64(0))
            parities[:, column] = np.bitwise_xor.reduceat(flipped, self._starts[:-1])
        return parities.view(np.uint16)


def _ranges(starts: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Give the numbers of several ranges one after the other, and where each range begins."""
    inner = np.cumsum(counts) - counts
    numbers = np.arange(int(counts.sum()), dtype=np.int64)
    return numbers + np.repeat(starts - inner, counts), inner
