"""The image modality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.data.augmentation import Augmentation
from lfx.data.images import cached_images
from lfx.data.inputs import ImageInputs
from lfx.encoders.described import check_image_description
from lfx.encoders.image import ImageEncoder, build_image_encoder
from lfx.encoders.weights import WeightsOrigin
from lfx.modalities.classifier import Classifier, Inputs
from lfx.modalities.contrastive import ContrastiveClassifier

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.data.samples import SampleTable


class ReadsImages(Classifier):
    """What every modality over images has: how its encoder is built, and what that reads."""

    encoder: ImageEncoder

    @staticmethod
    def build_encoder(settings: Mapping[str, Any], train_texts: Sequence[str]) -> ImageEncoder:
        """Build a timm encoder with its weights."""
        del train_texts
        keys = ("architecture", "architecture_args", "image_size", "resize", "mean", "std")
        return build_image_encoder(
            **{key: settings[key] for key in keys}, weights=WeightsOrigin(**settings["weights"])
        )

    @staticmethod
    def restore_encoder(description: Mapping[str, Any]) -> ImageEncoder:
        """Build the architecture with random weights."""
        check_image_description(description)
        return ImageEncoder(**description)

    def inputs(
        self,
        table: SampleTable,
        rows: Sequence[int],
        cache_dir: Path,
        augmentation: Mapping[str, Any] | None = None,
    ) -> Inputs:
        """Read images from the cache; the first run decodes them into it."""
        images = cached_images(
            table.images,
            table.digests,
            self.encoder.image_size,
            self.encoder.resize,
            cache_dir,
            table.decoding,
        )
        change = None if augmentation is None else Augmentation(**augmentation, seed=self.seed)
        return Inputs(ImageInputs(images, rows, change), [1] * len(rows))


class ImageClassifier(ReadsImages):
    """Classifies tweets by their images."""

    modality = "image"


class ImageContrastive(ReadsImages, ContrastiveClassifier):
    """Classifies tweets by their images, with an encoder that was trained by contrast."""

    modality = "image_contrastive"
