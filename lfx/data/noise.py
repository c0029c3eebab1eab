"""Texts with mistakes in them, by nlpaug: slips of the keyboard, letters misread, words swapped."""

from __future__ import annotations

import random
import re
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Interval

from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import Seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Mentions, hashtags and links mean what they say letter by letter.
_KEPT = re.compile(r"(@|#|https?:|www\.).*")
# nlpaug changes ten words of a text at the most unless it is told otherwise.
_NO_LIMIT = 1_000_000
ChangedShare = Annotated[float, Interval(gt=0, le=1)]


class NlpaugNoise(ABC):
    """Makes mistakes in texts by one of nlpaug's augmenters.

    What is drawn depends on seed and text alone. Mentions, hashtags and links stay as they are
    (words that are swapped may pass them).
    """

    seed: int

    @property
    def identity(self) -> str:
        """Name the kind of noise and all settings that shape it."""
        return f"nlpaug {version('nlpaug')} {self}"

    def augment(self, texts: Sequence[str]) -> list[str]:
        """Give each text with mistakes in it, in their order; an empty one stays empty."""
        return [self._noisy(text) if text.strip() else "" for text in texts]

    def _noisy(self, text: str) -> str:
        drawn_by = sha256(f"{self.seed} {text}".encode("utf-8", "surrogatepass")).digest()
        augmenter = self._augmenter  # what is imported for it may draw numbers as well
        with _seeded(int.from_bytes(drawn_by[:4])):
            found = augmenter.augment(text)
        return str(found[0]) if found else ""

    @cached_property
    @abstractmethod
    def _augmenter(self) -> Any:
        """Build nlpaug's augmenter."""


@checked
@dataclass(frozen=True)
class Noise(NlpaugNoise):
    """Makes mistakes in the words of texts.

    Attributes:
        kind: which mistakes are made.
        word_share: share of a text's words that is changed; at least one word is.
        seed: seed of what is drawn.
        action: what happens to random words; None: the kind has no choice.
    """

    kind: Literal["random_word", "spelling", "split"]
    word_share: ChangedShare = 0.3
    seed: Seed = 0
    action: Literal["swap", "delete"] | None = None

    def __post_init__(self) -> None:
        """Refuse an action of a noise that has but one, and none of one that has several."""
        require_action(self.kind, self.action, of="random_word")

    @cached_property
    def _augmenter(self) -> Any:
        from nlpaug.augmenter import word

        made = {
            "random_word": word.RandomWordAug,
            "spelling": word.SpellingAug,
            "split": word.SplitAug,
        }[self.kind]
        own = {} if self.action is None else {"action": self.action}
        return made(aug_p=self.word_share, aug_max=_NO_LIMIT, **own, **_WORDS)


@checked
@dataclass(frozen=True)
class CharacterNoise(NlpaugNoise):
    """Makes mistakes in the letters of some words.

    Attributes:
        kind: which mistakes are made.
        word_share: share of a text's words that is changed; at least one word is.
        seed: seed of what is drawn.
        action: what happens to random letters; None: the kind has no choice.
        character_share: share of a changed word's letters that is changed; at least one is.
    """

    kind: Literal["keyboard", "ocr", "random_character"]
    word_share: ChangedShare = 0.3
    seed: Seed = 0
    action: Literal["insert", "substitute", "swap", "delete"] | None = None
    character_share: ChangedShare = 0.3

    def __post_init__(self) -> None:
        """Refuse an action of a noise that has but one, and none of one that has several."""
        require_action(self.kind, self.action, of="random_character")

    @cached_property
    def _augmenter(self) -> Any:
        from nlpaug.augmenter import char

        made = {
            "keyboard": char.KeyboardAug,
            "ocr": char.OcrAug,
            "random_character": char.RandomCharAug,
        }[self.kind]
        own = {} if self.action is None else {"action": self.action}
        return made(
            aug_word_p=self.word_share,
            aug_word_max=_NO_LIMIT,
            aug_char_p=self.character_share,
            aug_char_min=1,
            aug_char_max=_NO_LIMIT,
            **own,
            **_WORDS,
        )


def require_action(kind: str, action: str | None, *, of: str) -> None:
    """Refuse an action where the kind of noise leaves no choice, and none where it does.

    Args:
        kind: of noise.
        action: what happens to a word or a letter; None: what the kind does.
        of: the kind that has actions to choose from.

    Raises:
        ConfigError: the two do not go together.
    """
    if (action is not None) != (kind == of):
        allowed = "an action has to be chosen" if kind == of else "allowed is null alone"
        got = "null" if action is None else action
        raise ConfigError(f"augmenter.action of {kind}: {allowed}; got {got}")


# nlpaug's own tokenizer takes links and mentions apart.
_WORDS: dict[str, Any] = {
    "tokenizer": str.split,
    "reverse_tokenizer": " ".join,
    "stopwords_regex": _KEPT,
}


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the generators that nlpaug draws from, and leave them as they were."""
    before, before_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(before_numpy)  # noqa: NPY002
