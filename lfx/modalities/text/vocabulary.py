"""Which n-grams of words and of characters a text is counted by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from lfx.modalities.text.cleaning import tweet_tokens

Counts: TypeAlias = Any  # scipy.sparse.csr_array, which has no types


@dataclass(frozen=True)
class Analysis:
    """How a text is cut into n-grams of one kind.

    Attributes:
        tokens: `words`, `tweets`, or `characters` within words.
        ngrams: fewest and most tokens of an n-gram.
        lowercase: whether letters become small; of tweets, emoticons such as `:D` stay.
    """

    tokens: str
    ngrams: tuple[int, int]
    lowercase: bool

    def counter(self, **options: Any) -> CountVectorizer:
        """Return what counts n-grams.

        Args:
            options: further arguments of scikit-learn's `CountVectorizer`.
        """
        analysers: dict[str, dict[str, Any]] = {
            "words": {"token_pattern": r"(?u)\b\w\w+\b"},
            "tweets": {
                "tokenizer": partial(tweet_tokens, lower=self.lowercase),
                "token_pattern": None,
            },
            "characters": {"analyzer": "char_wb"},
        }
        return CountVectorizer(
            ngram_range=self.ngrams,
            lowercase=self.lowercase and self.tokens != "tweets",
            dtype=np.float32,
            **analysers[self.tokens],
            **options,
        )


@dataclass(frozen=True)
class Vocabulary:
    """N-grams of one kind, in order.

    Attributes:
        analysis: how texts are cut into them.
        terms: the n-grams, each once.
    """

    analysis: Analysis
    terms: Sequence[str]

    def count(self, texts: Sequence[str]) -> Counts:
        """Return how often each text has each n-gram, (texts, n-grams) float32."""
        if not texts or not self.terms:
            counts: Counts = sparse.csr_array((len(texts), len(self.terms)), dtype=np.float32)
        else:
            counts = sparse.csr_array(self._counter.transform(texts))
        return counts

    @cached_property
    def _counter(self) -> CountVectorizer:
        places = {term: place for place, term in enumerate(self.terms)}
        return self.analysis.counter(vocabulary=places)


def learn_vocabulary(
    texts: Sequence[str], analysis: Analysis, min_df: int, most: int | None
) -> tuple[Vocabulary, npt.NDArray[np.float64]]:
    """Learn which n-grams texts are counted by.

    Args:
        texts: of the train split.
        analysis: how they are cut.
        min_df: in how many texts an n-gram is, at the least.
        most: n-grams, the most frequent ones; None: all.

    Returns:
        The vocabulary, and the inverse document frequency of each n-gram, as scikit-learn smooths
        it: `ln((1 + texts) / (1 + texts with it)) + 1`.
    """
    counter = analysis.counter(min_df=min_df, max_features=most)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no n-gram is in so many texts
        return Vocabulary(analysis, ()), np.empty(0)
    terms = tuple(counter.get_feature_names_out().tolist())
    return Vocabulary(analysis, terms), TfidfTransformer().fit(counts).idf_
