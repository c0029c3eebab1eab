"""Settings of the group `encoder`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from omegaconf import MISSING


class Reads(Enum):
    """What an encoder reads."""

    image = "image"
    text = "text"


class WeightsSource(Enum):
    """Where an encoder's weights come from."""

    hub = "hub"
    path = "path"
    package = "package"
    none = "none"


class Match(Enum):
    """How tensors of a checkpoint find their place in an image architecture."""

    names = "names"
    order = "order"


class Trainable(Enum):
    """Which part of an encoder is trained."""

    nothing = "nothing"
    last_blocks = "last_blocks"
    everything = "everything"


class Resize(Enum):
    """How an image becomes square."""

    squash = "squash"
    crop = "crop"


class Pooling(Enum):
    """How a text's token vectors become one vector."""

    mean = "mean"
    first = "first"


class Clean(Enum):
    """What becomes of mentions and links."""

    keep = "keep"
    placeholder = "placeholder"
    drop = "drop"


class CleanHashtags(Enum):
    """What becomes of hashtags."""

    keep = "keep"
    split = "split"
    drop = "drop"


class CleanEmoji(Enum):
    """What becomes of emoji."""

    keep = "keep"
    words = "words"
    drop = "drop"


@dataclass
class CleaningConfig:
    """What is done to a tweet before it is cut into tokens, by NLTK's tweet tokenizer."""

    # Whether letters become small; emoticons such as :D stay.
    lower: bool = False
    # Whether letters that are repeated more than three times stand three times.
    shorten: bool = False
    # placeholder: @user.
    mentions: Clean = Clean.keep
    # placeholder: http.
    links: Clean = Clean.keep
    # split: #HappyDay2020 becomes Happy Day 2020.
    hashtags: CleanHashtags = CleanHashtags.keep
    # words: their English names.
    emoji: CleanEmoji = CleanEmoji.keep


@dataclass
class WeightsConfig:
    """Where the weights come from."""

    # hub: the model hub. path: a local file or folder. package: an installed Python package.
    # none: random weights.
    source: WeightsSource = WeightsSource.none
    # The model's id on the hub; for source=hub.
    hub_id: str | None = None
    # A local file (timm) or folder (transformers); for source=path.
    path: str | None = None
    # The import name of the package; for source=package.
    package: str | None = None
    # What pip calls it; for source=package.
    distribution: str | None = None
    # The file or folder inside the package.
    inside: str | None = None
    # The file whose digest is checked, inside the folder; null: `inside` is itself that file.
    weights_file: str | None = None
    # SHA-256 of the weights file; null: not checked.
    sha256: str | None = None
    # Classes of the checkpoint's own head, which timm has to know to read it (images only).
    num_classes: int = 1000
    # names: as timm names its tensors. order: one to one in order, where a port renamed them
    # (images only).
    match: Match = Match.names

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        needed = {
            WeightsSource.hub: ("hub_id",),
            WeightsSource.path: ("path",),
            WeightsSource.package: ("package", "inside"),
            WeightsSource.none: (),
        }[self.source]
        return [
            f"encoder.weights.source={self.source.name} needs encoder.weights.{key}"
            for key in needed
            if getattr(self, key) is None
        ]


@dataclass
class RecipeConfig:
    """The settings with which this encoder trains well; the modality and the trainer take them."""

    # Peak learning rate of the encoder.
    learning_rate: float = 1e-3
    # Peak learning rate of the head.
    head_learning_rate: float = 1e-3
    # Weight decay, on weights only (no biases, no normalisation).
    weight_decay: float = 0.01
    # Dropout between encoder and head.
    dropout: float = 0.1
    # Label smoothing of the cross-entropy.
    label_smoothing: float = 0.0
    # Samples per step.
    batch_size: int = 32
    # Most epochs.
    max_epochs: int = 10
    # Epochs without a better validation loss before training stops.
    patience: int = 3


@dataclass
class EncoderConfig:
    """What every encoder has."""

    # The encoder's name.
    name: str = MISSING
    # What it reads.
    reads: Reads = MISSING
    # Where its weights come from.
    weights: WeightsConfig = field(default_factory=WeightsConfig)
    # nothing, the last blocks, or everything.
    trainable: Trainable = Trainable.everything
    # How many of the last blocks are trained; for trainable=last_blocks.
    trainable_blocks: int = 1
    # The settings with which it trains well.
    recipe: RecipeConfig = field(default_factory=RecipeConfig)

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = []
        if self.trainable_blocks < 1:
            found.append(
                f"encoder.trainable_blocks must be at least 1, got {self.trainable_blocks}; "
                "for none use encoder.trainable=nothing"
            )
        if self.weights.source is WeightsSource.none and self.trainable is Trainable.nothing:
            found.append(
                "encoder.trainable=nothing with encoder.weights.source=none would train a "
                "classifier on random features; choose weights or train the encoder"
            )
        return found


@dataclass
class ImageEncoderConfig(EncoderConfig):
    """An image encoder by timm."""

    # Always image.
    reads: Reads = Reads.image
    # timm's name of the architecture.
    architecture: str = MISSING
    # Arguments of the architecture beyond timm's defaults.
    architecture_args: dict[str, int] = field(default_factory=dict)
    # Side of the square image, in pixels.
    image_size: int = 224
    # squash: the whole image, its aspect lost (the paper). crop: the central square.
    resize: Resize = Resize.squash
    # Channel means in 0..1; null: what timm says of the weights.
    mean: list[float] | None = None
    # Channel standard deviations in 0..1; null: what timm says of the weights.
    std: list[float] | None = None

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = super().problems()
        if self.image_size < 16:
            found.append(f"encoder.image_size must be at least 16 pixels, got {self.image_size}")
        for name, value in (("mean", self.mean), ("std", self.std)):
            if value is not None and len(value) != 3:
                found.append(f"encoder.{name} needs three numbers, got {len(value)}")
        if self.std is not None and not all(value > 0 for value in self.std):
            found.append(f"encoder.std must be above 0, got {self.std}")
        return found


@dataclass
class TextEncoderConfig(EncoderConfig):
    """A text encoder by transformers."""

    # Always text.
    reads: Reads = Reads.text
    # transformers' model type, for random weights; otherwise the weights say it.
    model_type: str | None = None
    # Arguments of the model type's config, for random weights.
    model_args: dict[str, int] = field(default_factory=dict)
    # Longest text in tokens; what goes beyond is cut off.
    max_length: int = 128
    # mean: over the tokens. first: the first token's vector.
    pooling: Pooling = Pooling.mean
    # Size of the byte-level BPE vocabulary trained on the train split, for random weights.
    vocabulary: int = 2000
    # What is done to texts first; each encoder's own is what its weights were trained with.
    cleaning: CleaningConfig = field(default_factory=CleaningConfig)

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = super().problems()
        if self.max_length < 8:
            found.append(f"encoder.max_length must be at least 8 tokens, got {self.max_length}")
        if self.vocabulary < 300:
            found.append(f"encoder.vocabulary must be at least 300, got {self.vocabulary}")
        if self.weights.source is WeightsSource.none and self.model_type is None:
            found.append("encoder.weights.source=none needs encoder.model_type, for example bert")
        return found
