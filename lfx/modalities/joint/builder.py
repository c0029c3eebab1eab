"""The settings of a joint encoder."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, cast

from lfx.modalities.encoder import Encoder, EncoderBuilder
from lfx.modalities.joint.description import check_description, restore_fusion, restore_part
from lfx.modalities.joint.encoder import JointEncoder
from lfx.modalities.joint.fusion import JointFusion
from lfx.modalities.joint.modality import JointModality
from lfx.modalities.joint.parts import part_name_problems
from lfx.modalities.modality import Modality
from lfx.modalities.trainable import choose_trainable
from lfx.runtime.checked import checked
from lfx.runtime.convert import TARGET
from lfx.runtime.errors import ConfigError, DataError, WeightsError
from lfx.runtime.imports import dotted_path
from lfx.runtime.settings import Probability

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)


@checked
@dataclass(frozen=True, kw_only=True)
class JointEncoderBuilder(EncoderBuilder):
    """An encoder for each part, and what joins their features.

    Args:
        encoders: The encoder of each part, with settings of its own: which part of it is trained,
            and at which learning rate.
        fusion: What joins the features; needed.
        modality_dropout: Probability with which a part of a training sample is dropped, never all
            of a sample's; so a sample that lacks a part can be predicted.

    Raises:
        ConfigError: there is no part, a part has a name that it cannot have, or settings contradict
            each other.
    """

    reads: ClassVar[str] = "joint"
    modality: ClassVar[type[Modality]] = JointModality
    encoders: Mapping[str, EncoderBuilder] = field(default_factory=dict)
    fusion: JointFusion | None = None
    modality_dropout: Probability = 0.2

    def __post_init__(self) -> None:
        """Refuse what cannot be joined."""
        problems = part_name_problems(self.encoders)
        if isinstance(self.fusion, JointFusion) and not self.encoders:
            problems.append("a joint model needs an encoder: encoder@modality.encoders.text=minilm")
        if not isinstance(self.fusion, JointFusion):
            problems.append(
                "encoder=joint goes with modality=joint, which has an encoder for each part and "
                "what joins them: encoder@modality.encoders.text=minilm joint=concat"
            )
        problems += [
            f"modality.encoders.{name} is a joint encoder itself, which cannot be a part"
            for name, builder in self.encoders.items()
            if isinstance(builder, JointEncoderBuilder)
        ]
        if (self.trainable, self.trainable_blocks) != ("everything", 1):
            problems.append(
                "encoder.trainable and encoder.trainable_blocks are settings of each part: "
                "modality.encoders.NAME.trainable=nothing"
            )
        if problems:
            raise ConfigError("\n".join(problems))

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the parts, in the order of the alphabet."""
        return tuple(sorted(self.encoders))

    def require_weights(self, started: Collection[str] = ()) -> None:
        """Refuse parts that would be random and stay so."""
        for name in self.parts:
            if name not in started:
                self.encoders[name].require_weights()

    def build(self, train: Sequence[Mapping[str, Any]]) -> JointEncoder:
        """Build the encoders with their weights, in the order of their names.

        Args:
            train: content of each sample of the train split, by part.
        """
        return self._joined(
            {name: self.encoders[name].build(_of_part(train, name)) for name in self.parts}
        )

    def build_trainable(
        self, train: Sequence[Mapping[str, Any]], started: Mapping[str, Encoder] | None = None
    ) -> JointEncoder:
        """Build the encoders, and freeze of each what is not trained of it.

        Args:
            train: content of each sample of the train split, by part.
            started: name → an encoder that is there already, in place of one that is built.
        """
        self._require_parts(train)
        parts: dict[str, Encoder] = {}
        for name in self.parts:
            builder, encoder = self.encoders[name], (started or {}).get(name)
            if encoder is None:
                encoder = builder.build_trainable(_of_part(train, name))
                self._tell_of_rate(name, encoder)
            else:
                choose_trainable(encoder, builder.trainable, builder.trainable_blocks)
            parts[name] = encoder
        return self._joined(parts)

    def rejoined(self, encoder: Encoder) -> JointEncoder:
        """Join the parts of a restored encoder anew, trained by these settings from here on.

        Raises:
            ConfigError: it has not the parts that these settings have.
        """
        if not isinstance(encoder, JointEncoder) or tuple(encoder.names) != self.parts:
            raise ConfigError(
                f"the encoder to go on with has other parts than {', '.join(self.parts)}"
            )
        return self.build_trainable([], {name: encoder.part(name) for name in self.parts})

    def _tell_of_rate(self, name: str, encoder: Encoder) -> None:
        """Warn of a part without weights, which learns by the head's rate alone."""
        alone, here = self.encoders[name].recipe, self.recipe
        slower = here.head_learning_rate < alone.head_learning_rate
        if slower and not any(True for _ in encoder.parameters()):
            log.warning(
                "modality.encoders.%s has no weights of its own, and the head learns from it at "
                "encoder.recipe.head_learning_rate=%g; alone it takes %g",
                *(name, here.head_learning_rate, alone.head_learning_rate),
            )

    def _require_parts(self, train: Sequence[Mapping[str, Any]]) -> None:
        """Refuse parts that no sample would train."""
        for name in self.parts:
            if train and not any(name in sample for sample in train):
                raise DataError(
                    f"no sample of train has {name}, so that the model cannot learn from it; take "
                    f"the part away: encoder@modality.encoders.{name}=null"
                )

    @staticmethod
    def restore(description: Mapping[str, Any]) -> JointEncoder:
        """Refuse: the classes of the parts have to be found, see `restore_parts`.

        Raises:
            WeightsError: always.
        """
        del description
        raise WeightsError("a joint encoder cannot be restored without the classes of its parts")

    @classmethod
    def restore_parts(
        cls, description: Mapping[str, Any], find: Callable[[str], Any]
    ) -> JointEncoder:
        """Build the architecture that a checkpoint describes, with random weights."""
        check_description(description)
        parts = {
            name: restore_part(description["parts"][name], find)
            for name in sorted(description["parts"])
        }
        return JointEncoder(
            parts,
            restore_fusion(description["fusion"], find),
            modality_dropout=description["modality_dropout"],
            classes={name: part[TARGET] for name, part in description["parts"].items()},
        )

    def _joined(self, parts: Mapping[str, Encoder]) -> JointEncoder:
        recipes = {name: builder.recipe for name, builder in self.encoders.items()}
        return JointEncoder(
            parts,
            cast("JointFusion", self.fusion),  # it is there: see __post_init__
            modality_dropout=self.modality_dropout,
            rates={name: (one.learning_rate, one.weight_decay) for name, one in recipes.items()},
            classes={name: dotted_path(type(one)) for name, one in self.encoders.items()},
        )


def _of_part(train: Sequence[Mapping[str, Any]], name: str) -> list[Any]:
    """Return the content of the samples that have a part."""
    return [sample[name] for sample in train if name in sample]
