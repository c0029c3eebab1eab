"""Text encoders by transformers."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel

from lfx.data.cleaning import Cleaning
from lfx.encoders.described import check_text_description, require_reads_texts, shape_of
from lfx.encoders.encoder import Encoder
from lfx.encoders.pretrained_text import check_length, load_backbone
from lfx.encoders.tokenizer import TextTokenizer, Tokenized, load_tokenizer, train_tokenizer
from lfx.runtime.errors import ConfigError, WeightsError, in_one_line, name_some

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.encoders.weights import WeightsOrigin

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
        mask = batch["attention_mask"]
        tokens: Tensor = self.backbone(
            input_ids=batch["input_ids"], attention_mask=mask
        ).last_hidden_state
        if self.pooling == "first":
            return tokens[:, 0]
        return masked_mean(tokens, mask)

    def description(self) -> dict[str, Any]:
        """Give plain values: the model's configuration, pooling and tokenizer."""
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
        """Give everything before the layers, each layer, and everything after it with the last."""
        lists = [
            part for part in self.backbone.modules() if isinstance(part, nn.ModuleList) and part
        ]
        if not lists:
            return [list(self.backbone.parameters())]
        layers = [list(layer.parameters()) for layer in max(lists, key=len)]
        inside = {id(parameter) for layer in layers for parameter in layer}
        names = [id(parameter) for parameter in self.backbone.parameters()]
        first = next(place for place, name in enumerate(names) if name in inside)
        outside = [
            (place, parameter)
            for place, parameter in enumerate(self.backbone.parameters())
            if id(parameter) not in inside
        ]
        before = [parameter for place, parameter in outside if place < first]
        after = [parameter for place, parameter in outside if place > first]
        return [before, *layers[:-1], [*layers[-1], *after]]


def masked_mean(tokens: Tensor, mask: Tensor) -> Tensor:
    """Average the tokens' vectors over the tokens that are no padding.

    Args:
        tokens: (batch, tokens, features).
        mask: (batch, tokens), 1 at tokens and 0 at padding; at least one token a text.

    Returns:
        (batch, features).
    """
    weights = mask.unsqueeze(-1).to(tokens.dtype)
    return (tokens * weights).sum(dim=1) / weights.sum(dim=1)


def build_text_encoder(
    *,
    model_type: str | None,
    model_args: Mapping[str, Any],
    max_length: int,
    pooling: str,
    vocabulary: int,
    weights: WeightsOrigin,
    train_texts: Sequence[str],
    cleaning: Cleaning = _NO_CLEANING,
) -> TextEncoder:
    """Build a text encoder with its weights and tokenizer.

    Args:
        model_type: transformers' model type, for random weights.
        model_args: arguments of that type's configuration.
        max_length: longest text in tokens.
        pooling: `mean` or `first`.
        vocabulary: size of the vocabulary that is trained for random weights.
        weights: where the weights come from.
        train_texts: what a tokenizer for random weights is trained on, once it is cleaned.
        cleaning: what is done to texts before they are cut into tokens.

    Raises:
        ConfigError: transformers has no such model type, or it does not take the arguments.
        WeightsError: the weights cannot be found or read.
    """
    found = weights.locate()
    if found is not None:
        return _load_encoder(found, max_length, pooling, cleaning)
    cleaned = [cleaning(text) for text in train_texts]
    tokenizer = train_tokenizer(cleaned, vocabulary, max_length)
    derived = {
        "vocab_size": tokenizer.vocabulary,
        "pad_token_id": tokenizer.padding,
        # Some architectures count positions from the padding id onwards.
        "max_position_embeddings": max_length + tokenizer.padding + 2,
    }
    twice = sorted(set(derived) & set(model_args))
    if twice:
        raise ConfigError(
            f"encoder.model_args: {name_some(twice)} cannot be given; they follow from "
            "encoder.vocabulary and encoder.max_length"
        )
    config = _random_config(str(model_type), model_args, derived)
    try:
        encoder = TextEncoder(
            config=config, pooling=pooling, tokenizer=tokenizer, cleaning=cleaning
        )
        _try(encoder)
    except Exception as error:  # each architecture has its own
        raise ConfigError(
            f"encoder.model_type={model_type} with these encoder.model_args encodes no text: "
            f"{in_one_line(error)}"
        ) from error
    return encoder


def _try(encoder: TextEncoder) -> None:
    """Encode a text: some models are built without an error and read other things than tokens."""
    ids = torch.tensor(encoder.tokenizer([""]))
    mode = encoder.training
    encoder.eval()
    with torch.no_grad():
        features = encoder({"input_ids": ids, "attention_mask": torch.ones_like(ids)})
    encoder.train(mode)
    if features.shape != (1, encoder.features):
        raise ValueError(f"it gives {tuple(features.shape)} instead of (1, {encoder.features})")


def _random_config(
    model_type: str, model_args: Mapping[str, Any], derived: Mapping[str, Any]
) -> dict[str, Any]:
    try:
        known = AutoConfig.for_model(model_type)
    except ValueError as error:
        raise ConfigError(
            f"encoder.model_type={model_type}: transformers has no such model; for example: "
            "bert, roberta, distilbert, electra"
        ) from error
    unknown = [name for name in model_args if not hasattr(known, name)]
    if unknown:  # transformers would take them and do nothing with them
        raise ConfigError(f"encoder.model_args: {model_type} has no setting {name_some(unknown)}")
    # With a negative number of layers some architectures are built all the same, without any.
    counts = [name for name in model_args if name.startswith(("num_", "n_"))]
    few = [f"{name}={model_args[name]}" for name in counts if model_args[name] < 0]
    if few:
        raise ConfigError(f"encoder.model_args: counts are at least 0, got {name_some(few)}")
    try:
        require_reads_texts(model_type, type(known))
    except WeightsError as error:
        raise ConfigError(f"encoder.model_type={model_type} is no encoder: {error}") from error
    try:
        config: dict[str, Any] = AutoConfig.for_model(model_type, **model_args, **derived).to_dict()
    except Exception as error:  # the configurations check their values in ways of their own
        raise ConfigError(
            f"encoder.model_args: {model_type} refuses them: {in_one_line(error)}"
        ) from error
    return config


def _load_encoder(folder: Path, max_length: int, pooling: str, cleaning: Cleaning) -> TextEncoder:
    backbone = load_backbone(folder, max_length)
    tokenizer = load_tokenizer(folder, max_length)
    words = backbone.get_input_embeddings()  # type: ignore[operator]
    if isinstance(words, nn.Embedding) and words.num_embeddings < tokenizer.vocabulary:
        raise WeightsError(
            f"{folder}: its tokenizer knows {tokenizer.vocabulary} tokens, its model "
            f"{words.num_embeddings}; they do not belong together"
        )
    encoder = TextEncoder(
        config=backbone.config.to_dict(),  # type: ignore[operator, union-attr]
        pooling=pooling,
        tokenizer=tokenizer,
        backbone=backbone,
        cleaning=cleaning,
    )
    try:
        _try(encoder)
    except Exception as error:  # each architecture has its own
        raise WeightsError(f"{folder} encodes no text: {in_one_line(error)}") from error
    return encoder


def restore_text_encoder(description: Mapping[str, Any]) -> TextEncoder:
    """Build the architecture that a checkpoint describes, with random weights, and its tokenizer.

    Raises:
        WeightsError: the description is wrong; all that is, in one message.
        ConfigError: model, tokenizer and length do not belong together.
    """
    check_text_description(description)
    tokenizer = TextTokenizer(
        description["tokenizer"], description["padding"], description["max_length"]
    )
    encoder = TextEncoder(
        config=shape_of(description["config"]),
        pooling=description["pooling"],
        tokenizer=tokenizer,
        cleaning=Cleaning(**description["cleaning"]),
    )
    check_length(encoder.backbone, tokenizer.max_length)
    words = encoder.backbone.get_input_embeddings()  # type: ignore[operator]
    if isinstance(words, nn.Embedding) and words.num_embeddings <= tokenizer.largest:
        raise WeightsError(
            f"its tokenizer gives ids up to {tokenizer.largest}, and its model knows "
            f"{words.num_embeddings} tokens"
        )
    if not next(encoder.parameters()).is_meta:
        _try(encoder)
    return encoder


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
