"""Texts with mistakes in them, by nlpaug: slips of the keyboard, letters misread, words swapped."""

from __future__ import annotations

import random
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Mentions, hashtags and links mean what they say letter by letter.
_KEPT = re.compile(r"(@|#|https?:|www\.).*")
# nlpaug changes ten words of a text at the most unless it is told otherwise.
_NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class Noise:
    """Makes mistakes in the words of texts.

    What is drawn depends on seed and text alone. Mentions, hashtags and links stay as they are
    (words that are swapped may pass them).

    Attributes:
        kind: `random_word`, `spelling` or `split`.
        word_share: of a text's words, above 0; one at the least is changed.
        seed: of what is drawn.
        action: `swap` or `delete`, of random words.
    """

    kind: str
    word_share: float = 0.3
    seed: int = 0
    action: str | None = None

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
    def _augmenter(self) -> Any:
        from nlpaug.augmenter import word

        made = {
            "random_word": word.RandomWordAug,
            "spelling": word.SpellingAug,
            "split": word.SplitAug,
        }[self.kind]
        own = {} if self.action is None else {"action": self.action}
        return made(aug_p=self.word_share, aug_max=_NO_LIMIT, **own, **_WORDS)


@dataclass(frozen=True)
class CharacterNoise(Noise):
    """Makes mistakes in the letters of some words.

    Attributes:
        kind: `keyboard`, `ocr` or `random_character`.
        character_share: of a changed word's letters, above 0; one at the least is changed.
        action: `insert`, `substitute`, `swap` or `delete`, of random letters.
    """

    character_share: float = 0.3

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
