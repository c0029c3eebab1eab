"""A transformers model and its tokenizer, as an encoder of texts."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from lfx.modalities.encoder import Encoded, Encoder
from lfx.modalities.layers import layer_blocks
from lfx.modalities.pooling import masked_mean
from lfx.modalities.text.cleaning import Cleaning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lfx.modalities.text.tokenizer import TextTokenizer, Tokenized

_NO_CLEANING = Cleaning()


class TextEncoder(Encoder):
    """A transformers model that gives one vector a text, and its tokenizer.

    Args:
        config: the model's configuration, as transformers writes it.
        pooling: `mean` over the tokens, or the `first` token's vector.
        tokenizer: cuts texts into the tokens that the model knows.
        backbone: the model, where it is built already; None: built with random weights.
        cleaning: what is done to texts before they are cut into tokens.
    """

    def __init__(
        self,
        *,
        config: Mapping[str, Any],
        pooling: str,
        tokenizer: TextTokenizer,
        backbone: nn.Module | None = None,
        cleaning: Cleaning = _NO_CLEANING,
    ) -> None:
        super().__init__()
        self.cleaning = cleaning
        self.config = dict(config)
        self.pooling = pooling
        self.tokenizer = tokenizer
        if backbone is None:
            backbone = _random_backbone(self.config)
        self.backbone = backbone
        # Architectures call it hidden_size, dim or n_embd; the typed config knows them all.
        self.features = int(backbone.config.hidden_size)  # type: ignore[union-attr, arg-type]

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode `input_ids` and `attention_mask` (batch, tokens) to (batch, features)."""
        return self.encode(batch).features

    def encode(self, batch: dict[str, Tensor]) -> Encoded:
        """Encode texts to (batch, features), and to the last layer's vector of each token."""
        mask = batch["attention_mask"]
        tokens: Tensor = self.backbone(
            input_ids=batch["input_ids"], attention_mask=mask
        ).last_hidden_state
        features = tokens[:, 0] if self.pooling == "first" else masked_mean(tokens, mask)
        return Encoded(features, tokens, mask.bool())

    def description(self) -> dict[str, Any]:
        """Return plain values: the model's configuration, pooling and tokenizer."""
        return {
            "config": self.config,
            "pooling": self.pooling,
            "tokenizer": self.tokenizer.state,
            "padding": self.tokenizer.padding,
            "max_length": self.tokenizer.max_length,
            "cleaning": asdict(self.cleaning),
        }

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Clean texts and cut them into tokens: the ids of each, at least one each."""
        return self.tokenize(texts).ids

    def tokenize(self, texts: Sequence[str]) -> Tokenized:
        """Clean texts and return their token ids, and how many texts were too long."""
        return self.tokenizer.tokenize([self.cleaning(text) for text in texts])

    def blocks(self) -> list[list[nn.Parameter]]:
        """Return what stands before the layers, and each layer, the last with all after it."""
        return layer_blocks(self.backbone)


def try_encoder(encoder: TextEncoder) -> None:
    """Encode a text: some models are built without an error and read other things than tokens."""
    ids = torch.tensor(encoder.tokenizer([""]))
    mode = encoder.training
    encoder.eval()
    with torch.no_grad():
        features = encoder({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    encoder.train(mode)
    if features.shape != (1, encoder.features):
        raise ValueError(f"it gives {tuple(features.shape)} instead of (1, {encoder.features})")


def _random_backbone(config: Mapping[str, Any]) -> nn.Module:
    arguments = {key: value for key, value in config.items() if key != "model_type"}
    typed = AutoConfig.for_model(config["model_type"], **arguments)
    try:
        backbone: nn.Module = AutoModel.from_config(  # type: ignore[no-untyped-call]
            typed, add_pooling_layer=False
        )
    except TypeError:
        backbone = AutoModel.from_config(typed)  # type: ignore[no-untyped-call]
    return backbone
