"""The protocol of text augmenters, and the check of their paraphrases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

# A paraphrase is degenerate if it is longer than so many times its source plus so many characters,
# or if it repeats a character so often.
_LONGEST, _SPARE, _REPEATED = 2.0, 20, 8


@runtime_checkable
class TextAugmenter(Protocol):
    """Makes paraphrases of texts. A new augmenter is a class with these two members."""

    @property
    def identity(self) -> str:
        """The augmenter's name with all settings that influence its paraphrases."""
        ...

    def augment(self, texts: Sequence[str]) -> list[str]:
        """Return each text's paraphrase, in order; it depends on text and settings alone.

        Raises:
            WeightsError: a model cannot be found or read.
        """
        ...


def is_usable(source: str, paraphrase: str) -> bool:
    """Return whether a paraphrase is neither empty, nor its source, nor degenerate.

    Translation models can repeat themselves without end on unfamiliar input.

    Args:
        source: the text.
        paraphrase: its paraphrase.
    """
    plain = paraphrase.strip()
    if not plain or plain == source.strip() or len(plain) > _LONGEST * len(source) + _SPARE:
        return False
    runs = {sign * _REPEATED for sign in set(plain)}
    return not any(run in plain and run not in source for run in runs)
