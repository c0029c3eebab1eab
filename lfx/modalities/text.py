"""The text modality."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lfx.data.augmentation import TokenDrop
from lfx.data.cleaning import Cleaning
from lfx.data.inputs import TokenInputs
from lfx.encoders.text import TextEncoder, build_text_encoder, restore_text_encoder
from lfx.encoders.weights import WeightsOrigin
from lfx.modalities.classifier import Classifier, Inputs
from lfx.modalities.contrastive import ContrastiveClassifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.data.samples import SampleTable

log = logging.getLogger(__name__)

# A larger share of texts that are cut is a warning.
_MANY = 0.05


class ReadsTexts(Classifier):
    """What every modality over texts has: how its encoder is built, and what that reads."""

    encoder: TextEncoder

    @cached_property
    def _told_shortened(self) -> set[tuple[int, int]]:
        return set()

    @staticmethod
    def build_encoder(settings: Mapping[str, Any], train_texts: Sequence[str]) -> TextEncoder:
        """Build a transformers encoder with its weights and tokenizer."""
        keys = ("model_type", "model_args", "max_length", "pooling", "vocabulary")
        return build_text_encoder(
            **{key: settings[key] for key in keys},
            weights=WeightsOrigin(**settings["weights"]),
            train_texts=train_texts,
            cleaning=Cleaning(**settings["cleaning"]),
        )

    @staticmethod
    def restore_encoder(description: Mapping[str, Any]) -> TextEncoder:
        """Build the architecture with random weights, and the tokenizer as it was."""
        return restore_text_encoder(description)

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        cache_dir: Path,
        augmentation: Mapping[str, Any] | None = None,
    ) -> Inputs:
        """Clean and tokenise the texts once; batches hold texts of like length."""
        del cache_dir
        tokens, shortened = self.encoder.tokenize([table.texts[row] for row in rows])
        self._tell_shortened(shortened, len(tokens))
        padding = self.encoder.tokenizer.padding
        change = None if augmentation is None else TokenDrop(**augmentation, seed=self.seed)
        return Inputs(TokenInputs(tokens, padding, rows, change), [len(ids) for ids in tokens])

    def _tell_shortened(self, shortened: int, texts: int) -> None:
        """Log how many texts the model does not read to their end, once for the same texts."""
        if shortened and (shortened, texts) not in self._told_shortened:
            self._told_shortened.add((shortened, texts))
            log.log(
                logging.WARNING if shortened >= _MANY * texts else logging.INFO,
                "%d of %d texts (%.1f %%) are longer than the %d tokens that the model reads, and "
                "their ends are cut off (encoder.max_length, in training)",
                *(shortened, texts, 100 * shortened / texts, self.encoder.tokenizer.max_length),
            )


class TextClassifier(ReadsTexts):
    """Classifies tweets by their texts."""

    modality = "text"


class TextContrastive(ReadsTexts, ContrastiveClassifier):
    """Classifies tweets by their texts, with an encoder that was trained by contrast."""

    modality = "text_contrastive"
