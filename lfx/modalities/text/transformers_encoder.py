"""Text encoders by transformers: pretrained, or a small one with random weights."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import Ge
from torch import nn
from transformers import AutoConfig

from lfx.modalities.encoder import EncoderBuilder
from lfx.modalities.modality import Modality
from lfx.modalities.text.cleaning import Cleaning
from lfx.modalities.text.description import check_text_description, require_reads_texts, shape_of
from lfx.modalities.text.encoder import TextEncoder, try_encoder
from lfx.modalities.text.modality import TextModality
from lfx.modalities.text.pretrained import check_length, load_backbone
from lfx.modalities.text.tokenizer import TextTokenizer, load_tokenizer, train_tokenizer
from lfx.modalities.weights import Weights, require_features
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, WeightsError, in_one_line, name_some

if TYPE_CHECKING:
    from pathlib import Path

Pooling = Literal["mean", "first"]


@checked
@dataclass(frozen=True, kw_only=True)
class TransformersEncoder(EncoderBuilder):
    """A text encoder by transformers.

    Args:
        model_type: transformers' model type, for random weights; otherwise the weights say it.
        model_args: Arguments of the model type's config, for random weights.
        max_length: Longest text in tokens; what goes beyond is cut off.
        pooling: mean: over the tokens. first: the first token's vector.
        vocabulary: Size of the byte-level BPE vocabulary that is trained on the train split, for
            random weights.
        cleaning: What is done to texts first; each encoder's default is what its weights were
            trained with.
        weights: Where the weights come from.

    Raises:
        ConfigError: settings contradict each other.
    """

    reads: ClassVar[str] = "text"
    modality: ClassVar[type[Modality]] = TextModality
    model_type: str | None = None
    model_args: Mapping[str, int] = field(default_factory=dict)
    max_length: Annotated[int, Ge(8)] = 128
    pooling: Pooling = "mean"
    vocabulary: Annotated[int, Ge(300)] = 2000
    cleaning: Cleaning = Cleaning()
    weights: Weights = Weights()

    def __post_init__(self) -> None:
        """Refuse random weights of no model."""
        if self.weights.source == "none" and self.model_type is None:
            raise ConfigError(
                "encoder.weights.source=none needs encoder.model_type, for example bert"
            )

    def require_weights(self, started: Collection[str] = ()) -> None:
        """Refuse to train a classifier on random features."""
        del started
        require_features(self.weights, self.trainable)

    def build(self, train: Sequence[str]) -> TextEncoder:
        """Build the encoder with its weights and tokenizer, trained on `train` if need be."""
        self.require_weights()
        source = self.weights.locate()
        if source is not None:
            return _load_encoder(source, self.max_length, self.pooling, self.cleaning)
        cleaned = [self.cleaning(text) for text in train]
        tokenizer = train_tokenizer(cleaned, self.vocabulary, self.max_length)
        config = _random_config(str(self.model_type), self.model_args, tokenizer)
        try:
            encoder = TextEncoder(
                config=config, pooling=self.pooling, tokenizer=tokenizer, cleaning=self.cleaning
            )
            try_encoder(encoder)
        except Exception as error:  # each architecture has its own
            raise ConfigError(
                f"encoder.model_type={self.model_type} with these encoder.model_args encodes no "
                f"text: {in_one_line(error)}"
            ) from error
        return encoder

    @staticmethod
    def restore(description: Mapping[str, Any]) -> TextEncoder:
        """Build the architecture that a checkpoint describes, with random weights."""
        return _restore(description)


def _random_config(
    model_type: str, model_args: Mapping[str, Any], tokenizer: TextTokenizer
) -> dict[str, Any]:
    derived = {
        "vocab_size": tokenizer.vocabulary,
        "pad_token_id": tokenizer.padding,
        # Some architectures count positions from the padding id onwards.
        "max_position_embeddings": tokenizer.max_length + tokenizer.padding + 2,
    }
    twice = sorted(set(derived) & set(model_args))
    if twice:
        raise ConfigError(
            f"encoder.model_args: {name_some(twice)} cannot be given; they follow from "
            "encoder.vocabulary and encoder.max_length"
        )
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
        try_encoder(encoder)
    except Exception as error:  # each architecture has its own
        raise WeightsError(f"{folder} encodes no text: {in_one_line(error)}") from error
    return encoder


def _restore(description: Mapping[str, Any]) -> TextEncoder:
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
        try_encoder(encoder)
    return encoder
