"""Which samples are near duplicates of each other.

Retweets, and tweets with the same picture, tie samples together. If one of them trains a model and
another one tests it, the test measures memory: in a published split of MVSA-Single 27 of 450 test
tweets stand word for word in the training part, and 52 after mentions, links and tags are gone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lfx.data.similar_sets import FEWEST_WORDS, connect_similar_sets

if TYPE_CHECKING:
    from collections.abc import Sequence

# A link, a mention, the retweet mark, or a tag.
_DECORATION = re.compile(r"https?:?/?/?\S*|@\w+|\brt\b|#\w+", re.IGNORECASE)
_LINK_OR_MENTION = re.compile(r"https?:?/?/?\S*|@\w+|\brt\b", re.IGNORECASE)
_WORD = re.compile(r"\w+", re.UNICODE)


def content_words(text: str) -> tuple[str, ...]:
    """Give a tweet's words in lower case, without links, mentions, retweet marks and tags.

    A tweet that would keep fewer than three words keeps its tags' words too: `#love` twice is no
    sign of a copy, but a long row of equal tags is.
    """
    words = tuple(_WORD.findall(_DECORATION.sub(" ", text.lower())))
    if len(words) < FEWEST_WORDS:
        words = tuple(_WORD.findall(_LINK_OR_MENTION.sub(" ", text.lower())))
    return words


def near_duplicate_groups(
    ids: Sequence[str],
    texts: Sequence[str],
    digests: Sequence[str],
    threshold: float = 0.8,
    given: Sequence[str | None] | None = None,
) -> tuple[str, ...]:
    """Group samples that share their image file, almost all of their text, or a given group.

    Two texts are near duplicates when the Jaccard similarity of their sets of content words reaches
    the threshold, and each has at least three of them. The relation is made transitive.

    Args:
        ids: (samples,) unique ids.
        texts: (samples,) texts.
        digests: (samples,) digests of the image files.
        threshold: above 0, 1 at the most.
        given: (samples,) groups that the data name, such as one video or one patient, None where a
            sample has none; None: the data name no groups.

    Returns:
        (samples,) the group of each sample, named after the group's first sample.
    """
    parents = list(range(len(ids)))

    def find(sample: int) -> int:
        while parents[sample] != sample:
            parents[sample] = parents[parents[sample]]
            sample = parents[sample]
        return sample

    def tie(one: int, other: int) -> None:
        first, second = sorted((find(one), find(other)))
        parents[second] = first

    seen: dict[str, int] = {}
    for sample, digest in enumerate(digests):
        tie(seen.setdefault(digest, sample), sample)
    named: dict[str, int] = {}
    for sample, group in enumerate(given or ()):
        if group is not None:
            tie(named.setdefault(group, sample), sample)
    similar = connect_similar_sets([set(content_words(text)) for text in texts], threshold)
    for sample, first in enumerate(similar.tolist()):
        tie(first, sample)
    return tuple(ids[find(sample)] for sample in range(len(ids)))
