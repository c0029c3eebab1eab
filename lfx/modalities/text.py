"""The text modality."""

from __future__ import annotations

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


class ReadsTexts(Classifier):
    """What every modality over texts has: how its encoder is built, and what that reads."""

    encoder: TextEncoder

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
        tokens = self.encoder.tokens([table.texts[row] for row in rows])
        padding = self.encoder.tokenizer.padding
        change = None if augmentation is None else TokenDrop(**augmentation, seed=self.seed)
        return Inputs(TokenInputs(tokens, padding, rows, change), [len(ids) for ids in tokens])


class TextClassifier(ReadsTexts):
    """Classifies tweets by their texts."""

    modality = "text"


class TextContrastive(ReadsTexts, ContrastiveClassifier):
    """Classifies tweets by their texts, with an encoder that was trained by contrast."""

    modality = "text_contrastive"
