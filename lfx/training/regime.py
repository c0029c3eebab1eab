"""How a model is trained: what every regime of the group `training` is to the rest of lfx."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.losses.loss import Loss
from lfx.training.trainer import TrainerSettings

if TYPE_CHECKING:
    from lfx.data.samples import SampleTable
    from lfx.modalities.encoder import Encoder
    from lfx.models.classifier import Classifier
    from lfx.models.heads import Head
    from lfx.training.context import Outcome, RunContext


@dataclass(frozen=True)
class Request:
    """What a run asks of a regime, beside the regime's own settings.

    Attributes:
        trainer: how long and on what it trains.
        loss: what phase 1 minimises; None where there is no such phase.
        phase: `both`, `1` or `2`, of a regime with two phases.
        starts_from_phase_1: whether a checkpoint of phase 1 is given.
        cross_validates: whether there is a model for each fold.
        trainable: which part of the encoder is trained.
        parts: the names of a joint model's parts; none of any other.
    """

    trainer: TrainerSettings
    loss: Loss | None = None
    phase: str = "both"
    starts_from_phase_1: bool = False
    cross_validates: bool = False
    trainable: str = "everything"
    parts: tuple[str, ...] = ()


class Regime(ABC):
    """A way to train a model."""

    @abstractmethod
    def problems(self, request: Request) -> list[str]:
        """Return what is impossible about a request, one sentence a problem."""

    @abstractmethod
    def build(
        self, encoder: Encoder, head: Head, table: SampleTable, request: Request, seed: int
    ) -> Classifier:
        """Build the model.

        Args:
            encoder: with its weights; what is trained in it is chosen already.
            head: what builds the classifier on it.
            table: the samples, whose train split weighs the classes.
            request: what the run asks for.
            seed: of everything random in training.
        """

    @abstractmethod
    def fit(self, model: Classifier, context: RunContext, request: Request) -> Outcome:
        """Train a model of this regime, in place."""


def one_phase_problems(request: Request) -> list[str]:
    """Return which settings of two phases are given to a regime that has one."""
    given = {
        "loss": request.loss is not None,
        "phase": request.phase != "both",
        "phase_1_ckpt": request.starts_from_phase_1,
    }
    return [
        f"{key} is for training in two phases: training=contrastive, as in "
        "modality=image_contrastive"
        for key, is_given in given.items()
        if is_given
    ]
