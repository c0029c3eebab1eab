"""Noise in texts, by nlpaug: typing errors, OCR errors, swapped or deleted words."""

from __future__ import annotations

import random
import re
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Interval

from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import Seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Mentions, hashtags and links stay as they are.
_KEPT = re.compile(r"(@|#|https?:|www\.).*")
# nlpaug changes at most ten words of a text by default.
_NO_LIMIT = 1_000_000
ChangedShare = Annotated[float, Interval(gt=0, le=1)]


@dataclass(frozen=True)
class NlpaugNoise(ABC):
    """Adds noise to texts by one of nlpaug's augmenters.

    The noise depends on seed and text alone. Mentions, hashtags and links are not changed (words
    that are swapped may pass them).

    Attributes:
        kind: the kind of noise.
        word_share: share of a text's words that is changed; at least one word is.
        seed: seed of the noise.
        action: what happens to random words or letters; None for kinds without a choice.
    """

    kind: str
    word_share: ChangedShare = 0.3
    seed: Seed = 0
    action: str | None = None

    # The kind that has actions to choose from.
    kind_with_actions: ClassVar[str]

    def __post_init__(self) -> None:
        """Require an action for the kind that has several, and none for the others."""
        has_actions = self.kind == self.kind_with_actions
        if (self.action is not None) != has_actions:
            allowed = "an action has to be chosen" if has_actions else "only null is allowed"
            got = "null" if self.action is None else self.action
            raise ConfigError(f"augmenter.action of {self.kind}: {allowed}; got {got}")

    @property
    def identity(self) -> str:
        """Nlpaug's version, the kind of noise and all its settings."""
        return f"nlpaug {version('nlpaug')} {self}"

    def augment(self, texts: Sequence[str]) -> list[str]:
        """Return each text with noise, in order; an empty one stays empty."""
        return [self._noisy(text) if text.strip() else "" for text in texts]

    def _noisy(self, text: str) -> str:
        digest = sha256(f"{self.seed} {text}".encode("utf-8", "surrogatepass")).digest()
        augmenter = self._augmenter  # built before seeding: its imports may draw numbers as well
        with _seeded(int.from_bytes(digest[:4])):
            noisy = augmenter.augment(text)
        return str(noisy[0]) if noisy else ""

    @property
    def _options(self) -> dict[str, Any]:
        """The options that all of nlpaug's augmenters share; its own tokenizer splits links."""
        options = {
            "tokenizer": str.split,
            "reverse_tokenizer": " ".join,
            "stopwords_regex": _KEPT,
        }
        return options if self.action is None else {"action": self.action, **options}

    @cached_property
    @abstractmethod
    def _augmenter(self) -> Any:
        """Build nlpaug's augmenter."""


@checked
@dataclass(frozen=True)
class Noise(NlpaugNoise):
    """Adds noise to the words of texts.

    Attributes:
        kind: the kind of noise.
        action: what happens to random words; None for kinds without a choice.
    """

    kind: Literal["random_word", "spelling", "split"]
    action: Literal["swap", "delete"] | None = None

    kind_with_actions: ClassVar[str] = "random_word"

    @cached_property
    def _augmenter(self) -> Any:
        from nlpaug.augmenter import word

        augmenter = {
            "random_word": word.RandomWordAug,
            "spelling": word.SpellingAug,
            "split": word.SplitAug,
        }[self.kind]
        return augmenter(aug_p=self.word_share, aug_max=_NO_LIMIT, **self._options)


@checked
@dataclass(frozen=True)
class CharacterNoise(NlpaugNoise):
    """Adds noise to the letters of some words.

    Attributes:
        kind: the kind of noise.
        action: what happens to random letters; None for kinds without a choice.
        character_share: share of a changed word's letters that is changed; at least one is.
    """

    kind: Literal["keyboard", "ocr", "random_character"]
    action: Literal["insert", "substitute", "swap", "delete"] | None = None
    character_share: ChangedShare = 0.3

    kind_with_actions: ClassVar[str] = "random_character"

    @cached_property
    def _augmenter(self) -> Any:
        from nlpaug.augmenter import char

        augmenter = {
            "keyboard": char.KeyboardAug,
            "ocr": char.OcrAug,
            "random_character": char.RandomCharAug,
        }[self.kind]
        return augmenter(
            aug_word_p=self.word_share,
            aug_word_max=_NO_LIMIT,
            aug_char_p=self.character_share,
            aug_char_min=1,
            aug_char_max=_NO_LIMIT,
            **self._options,
        )


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the generators that nlpaug draws from, and restore them afterwards."""
    before, before_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(before_numpy)  # noqa: NPY002
