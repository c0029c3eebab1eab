"""What an encoder is to the rest of lfx, and the settings that one is built from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn

from lfx.modalities.modality import Modality
from lfx.modalities.trainable import Trainable, choose_trainable
from lfx.runtime.checked import checked
from lfx.runtime.settings import Count, NotNegative, Positive, Probability

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence


class Encoded(NamedTuple):
    """What an encoder makes of a batch, where vectors of tokens are asked for too.

    Attributes:
        features: (batch, features) one vector a sample.
        tokens: (batch, tokens, token_features) a vector for each token or patch.
        mask: (batch, tokens) bool, true at tokens and false at padding.
    """

    features: Tensor
    tokens: Tensor
    mask: Tensor


class Rates(NamedTuple):
    """How a module is trained.

    Attributes:
        module: whose parameters are stepped.
        learning_rate: its peak learning rate.
        weight_decay: of its weights.
    """

    module: nn.Module
    learning_rate: float
    weight_decay: float


class Encoder(nn.Module, ABC):
    """A module that turns a batch into feature vectors.

    Attributes:
        features: width of the feature vectors.
        flags: how many of the last features are 0 or 1 and say which of several parts a sample
            has; dropout leaves them as they are.
    """

    features: int
    flags: int = 0

    @abstractmethod
    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        """Encode a batch.

        Args:
            batch: what its modality collates; each encoder reads its own keys.

        Returns:
            (batch, features) float.
        """

    @abstractmethod
    def description(self) -> dict[str, Any]:
        """Return plain values from which `EncoderBuilder.restore` builds the architecture again."""

    @abstractmethod
    def blocks(self) -> list[list[nn.Parameter]]:
        """Return the parameters from input to output, block by block."""

    @property
    def token_features(self) -> int:
        """Width of the vectors of tokens that `encode` gives."""
        return self.features

    def encode(self, batch: dict[str, Tensor]) -> Encoded:
        """Encode a batch to feature vectors and to vectors of its tokens.

        An encoder that gives no vectors of tokens gives one token a sample: its feature vector.
        """
        features: Tensor = self(batch)
        mask = torch.ones(len(features), 1, dtype=torch.bool, device=features.device)
        return Encoded(features, features.unsqueeze(1), mask)

    def rates(self, learning_rate: float, weight_decay: float) -> list[Rates]:
        """Return how the encoder's parts are trained, in the order of the optimizer's groups.

        Args:
            learning_rate: the optimizer's, for what has none of its own.
            weight_decay: likewise.
        """
        return [Rates(self, learning_rate, weight_decay)]

    def build_head(self, build: Callable[[int], nn.Module]) -> nn.Module:
        """Build what stands on the features and gives logits.

        Args:
            build: from the number of features to a head.
        """
        return build(self.features)


@checked
@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The settings with which an encoder trains well: the defaults of training and head.

    Args:
        learning_rate: Peak learning rate of the encoder.
        head_learning_rate: Peak learning rate of the head.
        weight_decay: Weight decay, on weights only (no biases, no normalisation).
        dropout: Dropout between encoder and head.
        label_smoothing: Label smoothing of the cross-entropy.
        batch_size: Samples per step.
        max_epochs: Most epochs.
        patience: Epochs without a better validation loss before training stops.
    """

    learning_rate: Positive = 1e-3
    head_learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.01
    dropout: Probability = 0.1
    label_smoothing: Probability = 0.0
    batch_size: Count = 32
    max_epochs: Count = 10
    patience: Count = 3


@dataclass(frozen=True, kw_only=True)
class EncoderBuilder(ABC):
    """The settings of a kind of encoder, and what builds one from them.

    A new encoder is a subclass, also a dataclass, and the module that it builds.

    Args:
        trainable: Which part is trained: nothing, the last blocks, or everything.
        trainable_blocks: How many of the last blocks are trained; for trainable=last_blocks.
        recipe: The settings with which it trains well.

    Attributes:
        reads: the kind of content that it reads, as `Modality.reads` names it.
        modality: what reads that content in a joint model, where the settings name nothing else.
    """

    reads: ClassVar[str]
    modality: ClassVar[type[Modality]]
    trainable: Trainable = "everything"
    trainable_blocks: Count = 1
    recipe: Recipe = Recipe()

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts of a joint encoder; of any other there are none."""
        return ()

    def require_weights(self, started: Collection[str] = ()) -> None:
        """Refuse settings by which a frozen encoder would be random; this is asked before any work.

        Args:
            started: parts of a joint encoder that start from a run, of which this is not asked.

        Raises:
            ConfigError: it would be random and stay so.
        """
        del started

    @abstractmethod
    def build(self, train: Sequence[Any]) -> Encoder:
        """Build the encoder with its weights.

        Args:
            train: content of the train split, for what has to be fitted to it, such as a tokenizer.

        Raises:
            ConfigError: there is no such architecture.
            WeightsError: the weights cannot be found, or do not fit.
        """

    @staticmethod
    @abstractmethod
    def restore(description: Mapping[str, Any]) -> Encoder:
        """Build the architecture that `Encoder.description` describes, with random weights.

        Args:
            description: of a checkpoint, which anybody may have written: check it.

        Raises:
            WeightsError: it describes no such encoder.
        """

    @classmethod
    def restore_parts(cls, description: Mapping[str, Any], find: Callable[[str], Any]) -> Encoder:
        """Build what `restore` builds, where the description names classes of its parts.

        Args:
            description: of a checkpoint.
            find: from the dotted path of a class to the class; it refuses those that a checkpoint
                may not name, and nothing else may import what a description names.

        Raises:
            WeightsError: it describes no such encoder.
        """
        del find
        return cls.restore(description)

    def build_trainable(
        self, train: Sequence[Any], started: Mapping[str, Encoder] | None = None
    ) -> Encoder:
        """Build the encoder, and freeze what is not trained; see `build`.

        Args:
            train: content of the train split.
            started: part → an encoder that is there already; of a joint model alone.
        """
        del started
        encoder = self.build(train)
        choose_trainable(encoder, self.trainable, self.trainable_blocks)
        return encoder

    def rejoined(self, encoder: Encoder) -> Encoder:
        """Return a restored encoder, as these settings train it from here on."""
        return encoder
