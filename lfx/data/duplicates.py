"""Groups of samples that are near duplicates of each other.

Retweets and tweets with the same image are near duplicates. If one trains a model and another
tests it, the test measures memory: in a published split of MVSA-Single 27 of 450 test tweets occur
word for word in the training part, and 52 after mentions, links and tags are removed.
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
    """Return a tweet's words in lower case, without links, mentions, retweet marks and tags.

    A tweet with fewer than three words left keeps its tags' words too: two tweets that share
    `#love` are not copies, but two that share a long list of tags are.
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
        threshold: above 0, at most 1.
        given: (samples,) groups that the data name, such as one video or one patient, None for a
            sample without; None: the data name no groups.

    Returns:
        (samples,) the group of each sample, named after the group's first sample.
    """
    parents = list(range(len(ids)))

    def find(sample: int) -> int:
        while parents[sample] != sample:
            parents[sample] = parents[parents[sample]]
            sample = parents[sample]
        return sample

    def connect(sample: int, other: int) -> None:
        first, second = sorted((find(sample), find(other)))
        parents[second] = first

    for keys in (digests, given or ()):
        first_with: dict[str, int] = {}
        for sample, key in enumerate(keys):
            if key is not None:
                connect(first_with.setdefault(key, sample), sample)
    similar = connect_similar_sets([set(content_words(text)) for text in texts], threshold)
    for sample, first in enumerate(similar.tolist()):
        connect(first, sample)
    return tuple(ids[find(sample)] for sample in range(len(ids)))
