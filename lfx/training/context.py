"""What training needs of the run that it happens in, and what it leads to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt
from pytorch_lightning.callbacks import Checkpoint
from pytorch_lightning.loggers import Logger
from torch import Tensor

from lfx.data.samples import SampleTable
from lfx.modalities.modality import Inputs, Modality
from lfx.training.compute import Compute

if TYPE_CHECKING:
    from pytorch_lightning.plugins import CheckpointIO

    from lfx.modalities.encoder import Encoder

# The phases of training under contrast; without it there is one, which has no number.
CONTRAST, CLASSIFICATION = 1, 2


class BestKept(Checkpoint):
    """A callback that keeps the best checkpoint and the last one.

    Attributes:
        best_score: the least validation loss so far; None before the first epoch's end.
    """

    best_score: float | None = None


@dataclass(frozen=True)
class Resuming:
    """What a resumed training has to fit: the state that it begins with.

    Attributes:
        stopping: under which key Lightning looks for early stopping's state.
        patience: epochs without a better value before training stops.
        loops: the state of Lightning's loops before training.
        max_epochs: most epochs.
        weights: name → tensor of the model.
    """

    stopping: str
    patience: int
    loops: Mapping[str, Any]
    max_epochs: int
    weights: Mapping[str, Tensor]


class Checkpoints(Protocol):
    """The checkpoints of a run; training reads and writes them through this alone.

    `phase` is 1 for contrast, else 2 or None.
    """

    def keep(self, phase: int | None, monitor: str) -> BestKept:
        """Return a callback that keeps the checkpoint with the least `monitor`, and the last."""

    def plugin(self) -> CheckpointIO:
        """Return what reads and writes files for Lightning."""

    def resumed_phase(self) -> int | None:
        """Return the phase that is carried on; None: none, or there is one phase only."""

    def resume(self, phase: int | None, expected: Resuming) -> Path | None:
        """Prepare to carry a phase on; None: it starts from the beginning."""

    def forget(self, phase: int) -> None:
        """Remove what an earlier run in this folder left of a phase."""

    def best(self, phase: int | None) -> Path:
        """Return the best checkpoint's file."""

    def best_weights(self, phase: int | None) -> Mapping[str, Tensor]:
        """Read the best checkpoint's weights."""

    def note_epochs(self, phase: int | None, epochs: int) -> None:
        """Note how many epochs a phase was trained."""

    def load_encoder(self, encoder: Encoder) -> None:
        """Load the encoder's weights of the best checkpoint of phase 1."""

    def write(
        self, weights: Mapping[str, Tensor], losses: Sequence[float], *, is_best: bool
    ) -> None:
        """Write the last checkpoint, and the best one if it is, where Lightning does not train.

        Args:
            weights: of the model.
            losses: (candidates,) validation loss of each that has been fitted so far.
            is_best: whether the last of them is the least.
        """

    def tried(self, expected: Mapping[str, Tensor], most: int) -> list[float]:
        """Return the losses that the resumed checkpoint was written with; none: it begins.

        Args:
            expected: name → tensor of the model, which both checkpoints have to fit.
            most: number of candidates.
        """


@dataclass(frozen=True)
class RunContext:
    """Where a model is trained.

    Attributes:
        table: the samples, with the splits train and val.
        modality: what is read of them.
        compute: on what it runs.
        run: the run's folder.
        cache_dir: where prepared content is kept.
        checkpoints: of the run.
        logger: where metrics go; None: nowhere.
    """

    table: SampleTable
    modality: Modality
    compute: Compute
    run: Path
    cache_dir: Path
    checkpoints: Checkpoints
    logger: Logger | None = None

    def inputs(self, rows: Sequence[int], encoder: Encoder, seed: int | None = None) -> Inputs:
        """Prepare some rows for an encoder; with a seed they are augmented."""
        return self.modality.inputs(self.table, rows, encoder, self.cache_dir, seed)


@dataclass(frozen=True)
class Vectors:
    """What a model made of the samples at one time.

    Attributes:
        train: (training samples, width) float32.
        val: (validation samples, width) float32.
    """

    train: npt.NDArray[np.float32]
    val: npt.NDArray[np.float32]


@dataclass
class Outcome:
    """What training led to.

    Attributes:
        best: the checkpoint with the least validation loss; None where there is no classifier yet.
        embeddings: under contrast, what the model made of the samples: `phase_1/before` and
            `phase_1/after` are the encoder's features, `phase_2/before` is what the classifier
            reads and `phase_2/after` its logits.
    """

    best: Path | None = None
    embeddings: dict[str, Vectors] = field(default_factory=dict)
