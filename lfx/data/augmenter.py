"""What makes paraphrases of texts, and which of these are worth training on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

# A paraphrase that is longer than this many times its source, and these letters more, has gone
# round in circles; so has one that repeats one sign so often.
_LONGEST, _SPARE, _REPEATED = 2.0, 20, 8


@runtime_checkable
class TextAugmenter(Protocol):
    """Makes a paraphrase of a text. A new way of doing so is a class with these two."""

    @property
    def identity(self) -> str:
        """Name the way and all settings that shape what it gives."""
        ...

    def augment(self, texts: Sequence[str]) -> list[str]:
        """Give each text's paraphrase, in their order; text and settings alone shape it.

        Raises:
            WeightsError: a model cannot be found or read.
        """
        ...


def is_usable(source: str, paraphrase: str) -> bool:
    """Say whether a paraphrase says something, and something else than its source.

    Translation models that meet what they have never seen can go round in circles.

    Args:
        source: the text.
        paraphrase: what was made of it.
    """
    plain = paraphrase.strip()
    if not plain or plain == source.strip() or len(plain) > _LONGEST * len(source) + _SPARE:
        return False
    runs = {sign * _REPEATED for sign in set(plain)}
    return not any(run in plain and run not in source for run in runs)
