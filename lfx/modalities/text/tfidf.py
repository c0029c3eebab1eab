"""Texts as TF-IDF of their n-grams of words and of characters."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn

from lfx.modalities.modality import Inputs
from lfx.modalities.sparse import SparseEncoder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.modalities.text.cleaning import Cleaning
    from lfx.modalities.text.vocabulary import Counts, Vocabulary

SEPARATOR = "\n"  # no n-gram has one


def tfidf(counts: Tensor, idf: Tensor, is_word: Tensor, *, sublinear: bool) -> Tensor:
    """Weigh n-grams by how often they are in a text, and in how few texts they are.

    Those of words, and those of characters, have a Euclidean norm of 1 each, as the parts of
    scikit-learn's `FeatureUnion` of two `TfidfVectorizer` have.

    Args:
        counts: (batch, n-grams) how often each is in the text; 0 is padding.
        idf: (batch, n-grams) inverse document frequency of each.
        is_word: (batch, n-grams) whether it is one of words.
        sublinear: whether a count becomes 1 + ln(count).

    Returns:
        (batch, n-grams), 0 at padding.

    Example:
        >>> counts, is_word = torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor([[True, True, False]])
        >>> tfidf(counts, torch.tensor([[1.5, 1.0, 1.0]]), is_word, sublinear=False).tolist()
        [[0.6000000238418579, 0.800000011920929, 0.0]]
    """
    frequency = torch.where(counts > 0, 1 + counts.clamp(min=1).log(), 0) if sublinear else counts
    weights = frequency * idf
    of_words, of_characters = (
        (weights * part).norm(dim=1, keepdim=True) for part in (is_word, ~is_word)
    )
    norm = torch.where(is_word, of_words, of_characters)
    return weights / norm.clamp(min=torch.finfo(norm.dtype).tiny)  # of padding alone it is 0


class Ngrams(SparseEncoder):
    """TF-IDF of a text's n-grams; there is nothing to train.

    Args:
        words: n-grams of words; None: there are none.
        characters: n-grams of characters; None: there are none.
        sublinear: whether a count becomes 1 + ln(count).
        cleaning: what is done to texts first.
    """

    idf: Tensor

    def __init__(
        self,
        words: Vocabulary | None,
        characters: Vocabulary | None,
        *,
        sublinear: bool,
        cleaning: Cleaning,
    ) -> None:
        super().__init__()
        self.words = words
        self.characters = characters
        self.sublinear = sublinear
        self.cleaning = cleaning
        self.word_count = 0 if words is None else len(words.terms)
        self.features = self.word_count + (0 if characters is None else len(characters.terms))
        self.register_buffer("idf", torch.ones(self.features))

    def inputs(self, texts: Sequence[str]) -> Inputs:
        """Count the n-grams of texts once."""
        cleaned = [self.cleaning(text) for text in texts]
        parts = [part.count(cleaned) for part in (self.words, self.characters) if part is not None]
        counts = sparse.hstack(parts, format="csr")
        return Inputs(CountCollate(counts), np.diff(counts.indptr).tolist())

    def entries(self, batch: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return `terms` (batch, most) as they are, and the TF-IDF of their `counts`."""
        terms = batch["terms"]
        is_word = terms < self.word_count
        return terms, tfidf(batch["counts"], self.idf[terms], is_word, sublinear=self.sublinear)

    def description(self) -> dict[str, Any]:
        """Return plain values: how texts are cut, and the n-grams, a line each."""
        return {
            "words": _described(self.words),
            "characters": _described(self.characters),
            "sublinear": self.sublinear,
            "cleaning": asdict(self.cleaning),
        }

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return nothing: it has no parameters."""
        return []


class CountCollate:
    """Reads a batch of counted texts.

    Args:
        counts: (texts, n-grams).
    """

    def __init__(self, counts: Counts) -> None:
        self.counts = counts

    def __call__(self, positions: list[int], _epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Return `terms` (views * batch, most) int64, and their `counts` float32; 0 is padding."""
        starts, ends = self.counts.indptr[positions], self.counts.indptr[np.add(positions, 1)]
        most = max(1, int((ends - starts).max()))
        terms = np.zeros((len(positions), most), dtype=np.int64)
        counts = np.zeros((len(positions), most), dtype=np.float32)
        for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
            terms[row, : end - start] = self.counts.indices[start:end]
            counts[row, : end - start] = self.counts.data[start:end]
        return {
            "terms": torch.from_numpy(terms).repeat(views, 1),
            "counts": torch.from_numpy(counts).repeat(views, 1),
        }


def _described(vocabulary: Vocabulary | None) -> dict[str, Any] | None:
    if vocabulary is None:
        return None
    # One string: a file of 200,000 of them would take a second to read and check.
    analysis = asdict(vocabulary.analysis)
    return {
        **analysis,
        "ngrams": list(analysis["ngrams"]),
        "terms": SEPARATOR.join(vocabulary.terms),
    }
