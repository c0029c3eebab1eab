"""From the section `paraphrases` to the paraphrases that training texts get."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lfx.data.paraphrases import Paraphrases, read_paraphrases

if TYPE_CHECKING:
    from lfx.configuration.paraphrases import ParaphrasesConfig


def build_paraphrases(own: ParaphrasesConfig) -> Paraphrases | None:
    """Read the paraphrases that training texts get; None where they get none.

    Raises:
        DataError: as `read_paraphrases`.
    """
    if own.file is None or own.share == 0:
        return None
    texts = read_paraphrases(Path(own.file))
    return Paraphrases(texts, share=own.share, replacing=own.replace, seed=own.seed)
