"""An augmenter of one's own, with an option."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from annotated_types import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Shuffle:
    """Change the order of some words of a text.

    Attributes:
        share: of the words that change places.
    """

    share: Annotated[float, Interval(gt=0, le=1)] = 0.5

    @property
    def identity(self) -> str:
        """Name all that shapes what is made: texts made by it once are kept under this name."""
        return f"shuffle {self.share}"

    def augment(self, texts: Sequence[str]) -> list[str]:
        """Return each text with some words in another order."""
        return [self._shuffled(text) for text in texts]

    def _shuffled(self, text: str) -> str:
        words = text.split()
        draw = random.Random(text)  # noqa: S311, the same text always becomes the same
        chosen = draw.sample(range(len(words)), max(1, round(self.share * len(words))))
        moved = [words[place] for place in sorted(chosen)]
        for place, word in zip(chosen, moved, strict=True):
            words[place] = word
        return " ".join(words)
