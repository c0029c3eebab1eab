"""Texts: cleaned and cut into tokens once, and augmented while a model is trained."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from lfx.data.column import TextColumn
from lfx.modalities.modality import NO_EPOCH, Inputs, Modality
from lfx.modalities.text.augmentation import TextAugmentation
from lfx.modalities.text.facts import text_facts
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.data.column import Column
    from lfx.data.samples import SampleTable
    from lfx.modalities.facts import Facts
    from lfx.modalities.text.encoder import TextEncoder

log = logging.getLogger(__name__)

# A larger share of texts that are cut is a warning.
_MANY = 0.05


@runtime_checkable
class ReadsTexts(Protocol):
    """An encoder that prepares whole texts itself; others read tokens."""

    def inputs(self, texts: Sequence[str]) -> Inputs:
        """Prepare texts."""


@checked
class TextModality(Modality):
    """Texts.

    Args:
        column: The column that holds them.
        augmentation: Random changes of the training texts.
    """

    reads = "text"
    kinds = (TextColumn,)

    def __init__(
        self, column: str = "text", augmentation: TextAugmentation = TextAugmentation()
    ) -> None:
        super().__init__(column)
        self.augmentation = augmentation
        self._logged: set[tuple[int, int]] = set()

    @property
    def augments(self) -> bool:
        """Whether training texts are changed at random."""
        return self.augmentation.token_drop > 0

    @classmethod
    def recognises(cls, name: str, column: Column) -> bool:
        """Return whether a column holds texts."""
        del name
        return isinstance(column, TextColumn)

    def facts(self, table: SampleTable, rows: Sequence[int], cache_dir: Path) -> Facts:
        """Return the texts' lengths."""
        del cache_dir
        return text_facts(self.read(table), rows)

    def content(self, table: SampleTable, rows: Sequence[int]) -> list[str]:
        """Return the texts."""
        texts: list[str] = self.read(table).texts(rows)
        return texts

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        encoder: TextEncoder | ReadsTexts,
        cache_dir: Path,
        seed: int | None = None,
    ) -> Inputs:
        """Clean and tokenise the texts once; batches hold texts of like length."""
        del cache_dir
        texts = self.content(table, rows)
        if isinstance(encoder, ReadsTexts):
            if self.augmentation != TextAugmentation():
                raise ConfigError(
                    f"{self.section}.augmentation changes tokens, and this encoder reads whole "
                    f"texts; {self.section}.augmentation.token_drop=0 goes with it"
                )
            return encoder.inputs(texts)
        tokens, shortened = encoder.tokenize(texts)
        self._log_shortened(shortened, len(tokens), encoder.tokenizer.max_length)
        collate = TokenCollate(tokens, encoder.tokenizer.padding, rows, self.augmentation, seed)
        return Inputs(collate, [len(ids) for ids in tokens])

    def _log_shortened(self, shortened: int, texts: int, max_length: int) -> None:
        """Log how many texts the model does not read to their end, once for the same texts."""
        if shortened and (shortened, texts) not in self._logged:
            self._logged.add((shortened, texts))
            log.log(
                logging.WARNING if shortened >= _MANY * texts else logging.INFO,
                "%d of %d texts (%.1f %%) are longer than the %d tokens that the model reads, and "
                "their ends are cut off (%s.max_length, in training)",
                *(shortened, texts, 100 * shortened / texts, max_length, self.encoder_section),
            )


class TokenCollate:
    """Pads a batch of tokenised texts to the longest of them.

    Args:
        tokens: (samples,) token ids of each text.
        padding: the id of the padding token.
        rows: (samples,) each text's position in the data.
        augmentation: drops tokens of training texts.
        seed: of the augmentation; None: none.
    """

    def __init__(
        self,
        tokens: Sequence[Sequence[int]],
        padding: int,
        rows: Sequence[int],
        augmentation: TextAugmentation,
        seed: int | None = None,
    ) -> None:
        self.tokens = [np.asarray(ids, dtype=np.int64) for ids in tokens]
        self.padding = padding
        self.rows = rows
        self.augmentation = augmentation
        self.seed = seed

    def __call__(self, positions: list[int], epoch: int, views: int = 1) -> dict[str, Tensor]:
        """Return `input_ids` and `attention_mask`, both (views * batch, longest) int64."""
        texts = [self.tokens[position] for position in positions] * views
        if self.seed is not None and epoch != NO_EPOCH:
            for index, ids in enumerate(texts):
                view, at = divmod(index, len(positions))
                drawn_by = (self.seed, epoch, self.rows[positions[at]], view)
                texts[index] = self.augmentation(ids, *drawn_by)
        longest = max(len(ids) for ids in texts)
        padded = np.full((len(texts), longest), self.padding, dtype=np.int64)
        mask = np.zeros((len(texts), longest), dtype=np.int64)
        for index, ids in enumerate(texts):
            padded[index, : len(ids)] = ids
            mask[index, : len(ids)] = 1
        return {"input_ids": torch.from_numpy(padded), "attention_mask": torch.from_numpy(mask)}
