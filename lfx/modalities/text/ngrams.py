"""The settings of TF-IDF of n-grams, and what a checkpoint may say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch

from lfx.modalities.description import choice, require_fields
from lfx.modalities.encoder import EncoderBuilder
from lfx.modalities.modality import Modality
from lfx.modalities.text.cleaning import Cleaning
from lfx.modalities.text.description import check_cleaning
from lfx.modalities.text.modality import TextModality
from lfx.modalities.text.tfidf import SEPARATOR, Ngrams
from lfx.modalities.text.vocabulary import Analysis, Vocabulary, learn_vocabulary
from lfx.modalities.trainable import Trainable
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, DataError, WeightsError
from lfx.runtime.fields import Field, is_integer, is_list_of, is_text
from lfx.runtime.settings import Count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Of the tokens in an n-gram; each more costs as much as one.
_LONGEST = 20


@checked
@dataclass(frozen=True, kw_only=True)
class NgramsEncoder(EncoderBuilder):
    """TF-IDF of n-grams, for a logistic regression on them (training=classical).

    Args:
        trainable: nothing: it has no parameters.
        word_ngrams: Fewest and most words of an n-gram; null: no n-grams of words.
        char_ngrams: Fewest and most characters of an n-gram, within words and their ends; null: no
            n-grams of characters.
        tokens: What a word is. words: two or more letters or digits. tweets: also what NLTK's
            tokenizer tells apart: mentions, links, hashtags, emoticons and emoji, as they are.
        min_df: Texts of the train split that an n-gram is in, at the least.
        max_features: Most n-grams of words, and of characters, the most frequent ones; null: all.
        sublinear_tf: Whether an n-gram's count in a text becomes 1 + ln(count).
        lowercase: Whether letters become small; emoticons that tokens=tweets tells apart stay as
            they are in n-grams of words.
        cleaning: What is done to texts first.

    Raises:
        ConfigError: there are no n-grams of either kind, or something is to be trained.
    """

    reads: ClassVar[str] = "text"
    modality: ClassVar[type[Modality]] = TextModality
    trainable: Trainable = "nothing"
    word_ngrams: tuple[Count, Count] | None = (1, 2)
    char_ngrams: tuple[Count, Count] | None = (3, 5)
    tokens: Literal["words", "tweets"] = "words"
    min_df: Count = 2
    max_features: Count | None = 100_000
    sublinear_tf: bool = True
    lowercase: bool = True
    cleaning: Cleaning = Cleaning()

    def __post_init__(self) -> None:
        """Refuse what cannot be counted or trained."""
        problems = []
        if self.trainable != "nothing":
            problems.append(
                f"encoder.trainable={self.trainable}: encoder=ngrams has no parameters; allowed: "
                "nothing"
            )
        if self.word_ngrams is None and self.char_ngrams is None:
            problems.append("encoder.word_ngrams and encoder.char_ngrams must not both be null")
        for key in ("word_ngrams", "char_ngrams"):
            ngrams = getattr(self, key)
            if ngrams is not None and not ngrams[0] <= ngrams[1] <= _LONGEST:
                problems.append(
                    f"encoder.{key}: allowed are the fewest and the most of an n-gram, in this "
                    f"order, up to {_LONGEST}; got {list(ngrams)}"
                )
        if problems:
            raise ConfigError("\n".join(problems))

    def build(self, train: Sequence[str]) -> Ngrams:
        """Learn n-grams and their inverse document frequencies from the train split."""
        cleaned = [self.cleaning(text) for text in train]
        kinds = ((self.tokens, self.word_ngrams), ("characters", self.char_ngrams))
        parts, idf = [], []
        for tokens, ngrams in kinds:
            vocabulary = None
            if ngrams is not None:
                analysis = Analysis(tokens, (ngrams[0], ngrams[1]), self.lowercase)
                vocabulary, learned = learn_vocabulary(
                    cleaned, analysis, self.min_df, self.max_features
                )
                idf.append(learned)
            parts.append(vocabulary)
        encoder = Ngrams(*parts, sublinear=self.sublinear_tf, cleaning=self.cleaning)
        if not encoder.features:
            raise DataError(
                f"encoder=ngrams: no n-gram is in {self.min_df} of the {len(train)} texts of the "
                "train split (encoder.min_df)"
            )
        encoder.idf = torch.from_numpy(np.concatenate(idf)).float()
        return encoder

    @staticmethod
    def restore(description: Mapping[str, Any]) -> Ngrams:
        """Build what a checkpoint describes."""
        require_fields(description, _FIELDS)
        check_cleaning(description["cleaning"])
        return Ngrams(
            _restored(description, "words"),
            _restored(description, "characters"),
            sublinear=description["sublinear"],
            cleaning=Cleaning(**description["cleaning"]),
        )


def _restored(description: Mapping[str, Any], name: str) -> Vocabulary | None:
    part = description[name]
    if part is None:
        return None
    require_fields(part, _PARTS[name], name)
    terms = part["terms"].split(SEPARATOR) if part["terms"] else []
    if len(set(terms)) < len(terms):
        raise WeightsError(f"the encoder's description is wrong: {name}.terms holds one twice")
    low, high = part["ngrams"]
    if low > high:
        raise WeightsError(f"the encoder's description is wrong: {name}.ngrams is {low} to {high}")
    return Vocabulary(Analysis(part["tokens"], (low, high), part["lowercase"]), terms)


_FLAG = Field("true or false", lambda value: isinstance(value, bool))
_PART = Field("named values or none", lambda value: value is None or isinstance(value, dict))
_FIELDS = {
    "words": _PART,
    "characters": _PART,
    "sublinear": _FLAG,
    "cleaning": Field("named values", lambda value: isinstance(value, dict)),
}
_PARTS = {
    name: {
        "tokens": choice(*tokens),
        "ngrams": Field(
            f"two integers from 1 to {_LONGEST}",
            lambda value: is_list_of(value, lambda one: is_integer(one, 1, _LONGEST), 2),
        ),
        "lowercase": _FLAG,
        "terms": Field("a string", is_text),
    }
    for name, tokens in (("words", ("words", "tweets")), ("characters", ("characters",)))
}
