"""Groups of samples that are near duplicates of each other.

Retweets and tweets with the same image are near duplicates. If one trains a model and another
tests it, the test measures memory: in a published split of MVSA-Single 27 of 450 test tweets occur
word for word in the training part, and 52 after mentions, links and tags are removed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from lfx.data.column import Column, TextColumn
from lfx.data.similar_sets import FEWEST_WORDS, connect_similar_sets

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lfx.data.packed import Integers

# A link, a mention, the retweet mark, or a tag.
_DECORATION = re.compile(r"https?:?/?/?\S*|@\w+|\brt\b|#\w+", re.IGNORECASE)
_LINK_OR_MENTION = re.compile(r"https?:?/?/?\S*|@\w+|\brt\b", re.IGNORECASE)
_WORD = re.compile(r"\w+", re.UNICODE)


def content_words(text: str) -> tuple[str, ...]:
    """Return a tweet's words in lower case, without links, mentions, retweet marks and tags.

    A tweet with fewer than three words left keeps its tags' words too: two tweets that share
    `#love` are not copies, but two that share a long list of tags are.
    """
    words = tuple(_WORD.findall(_DECORATION.sub(" ", text.lower())))
    if len(words) < FEWEST_WORDS:
        words = tuple(_WORD.findall(_LINK_OR_MENTION.sub(" ", text.lower())))
    return words


def group_samples(
    ids: Sequence[str],
    columns: Iterable[Column],
    cache_dir: Path,
    threshold: float = 0.8,
    given: Sequence[str | None] = (),
) -> npt.NDArray[np.object_]:
    """Group samples that share a file, an array, almost all of a text, or a given group.

    Content that is absent or cannot be read ties nothing.

    Args:
        ids: (samples,) unique ids.
        columns: what the samples hold, each (samples,); texts are compared within a column.
        cache_dir: where digests of files are kept between runs.
        threshold: see `tie_column`.
        given: (samples,) groups that the data name, such as one video or one patient, None for a
            sample without; empty: the data name no groups.

    Returns:
        (samples,) the group of each sample, named after the group's first sample.
    """
    firsts = [first_with(given)] if len(given) else []
    firsts += [tie_column(column, cache_dir, threshold) for column in columns]
    return join_groups(ids, firsts)


def tie_column(column: Column, cache_dir: Path, threshold: float = 0.8) -> Integers:
    """Tie samples that share what a column holds, or almost all of a text.

    Two texts are near duplicates when the Jaccard similarity of their sets of content words reaches
    the threshold, and each has at least three of them. The relation is made transitive.

    Args:
        column: the content of the samples.
        cache_dir: where digests of files are kept between runs.
        threshold: above 0, at most 1.

    Returns:
        (samples,) the position of the first sample that each is tied to; its own if that is none.
    """
    if isinstance(column, TextColumn):
        words = [set(content_words(text or "")) for text in column.values.to_pylist()]
        return connect_similar_sets(words, threshold)
    return first_with(column.ties(cache_dir))


def join_groups(ids: Sequence[str], firsts: Sequence[Integers]) -> npt.NDArray[np.object_]:
    """Group samples that are tied in any of several ways, transitively.

    Args:
        ids: (samples,) unique ids.
        firsts: of each way, (samples,) as `tie_column` returns them.

    Returns:
        (samples,) the group of each sample, named after the group's first sample.
    """
    own = np.arange(len(ids))
    tied = [(own[first != own], first[first != own]) for first in firsts]
    left = np.concatenate([own[:0], *(sample for sample, _ in tied)])
    right = np.concatenate([own[:0], *(first for _, first in tied)])
    size = len(ids)
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    _, first_of = np.unique(component, return_index=True)
    names = np.empty(size, dtype=object)
    names[:] = ids
    grouped: npt.NDArray[np.object_] = names[first_of[component]]
    return grouped


def first_with(keys: Sequence[str | None]) -> Integers:
    """Return for each sample the position of the first one with its key; its own without a key.

    Example:
        >>> first_with(["a", "b", "a", None]).tolist()
        [0, 1, 0, 3]
    """
    coded = pa.array(keys, pa.large_string()).dictionary_encode().indices
    codes = coded.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    own = np.arange(len(codes))
    has = codes >= 0
    _, first, inverse = np.unique(codes[has], return_index=True, return_inverse=True)
    own[has] = own[has][first][inverse]
    return own
