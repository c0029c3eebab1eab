"""The checkpoint of phase 1: what phase 2 starts from."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.modalities.checkpoint_content import Checkpoint
from lfx.modalities.checkpoints import BEST, PHASE_1, read_checkpoint
from lfx.modalities.contrastive import CONTRAST
from lfx.modalities.tensors import misfits
from lfx.runtime.errors import CheckpointError
from lfx.runtime.fields import list_problems, shown
from lfx.runtime.files import copy_file

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.data.samples import SampleTable
    from lfx.modalities.contrastive import ContrastiveClassifier

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Phase1:
    """What a run of phase 1 left.

    Attributes:
        checkpoint: what was read.
    """

    checkpoint: Checkpoint

    @property
    def file(self) -> Path:
        """Its file."""
        return self.checkpoint.file


def read_phase_1(file: Path, kind: str, encoder: Mapping[str, Any]) -> Phase1:
    """Read the checkpoint that phase 2 starts from.

    Args:
        file: of a phase 1.
        kind: dotted path of the modality's class.
        encoder: this run's encoder settings.

    Returns:
        What it holds, without the weights.

    Raises:
        CheckpointError: it cannot be read, is not of phase 1, or is of another encoder.
    """
    found = read_checkpoint(file, "phase_1_ckpt")
    if found.phase != CONTRAST:
        raise CheckpointError(
            f"phase_1_ckpt={file} is no checkpoint of phase 1; a run with two phases keeps it as "
            f"{PHASE_1}/{BEST}"
        )
    theirs = found.provenance.settings.get("encoder")
    if not isinstance(theirs, Mapping):
        raise CheckpointError(
            f"phase_1_ckpt={file} is damaged: its settings say nothing of the encoder"
        )
    passing = ("recipe", "trainable", "trainable_blocks", "weights")
    differing = [
        f"  encoder.{shown(key)[1:-1]}: {shown(theirs.get(key))} there, "
        f"{shown(encoder.get(key))} here"
        for key in sorted(theirs.keys() | encoder.keys())
        if key not in passing and theirs.get(key) != encoder.get(key)
    ]
    if found.module != kind:  # then nothing about the encoders compares
        differing = [f"  modality: {shown(found.module)} there, {kind} here"]
    if differing:
        raise CheckpointError(
            f"phase_1_ckpt={file} is of another encoder:\n"
            + "\n".join(differing)
            + "\ngive this run the modality and encoder that its phase 1 had"
        )
    return Phase1(found)


def adopt_phase_1(phase_1: Phase1, table: SampleTable, data: str, run: Path) -> None:
    """Bring the checkpoint that phase 2 starts from into the run's folder.

    Args:
        phase_1: the checkpoint.
        table: this run's samples.
        data: the data set's name.
        run: this run's folder.

    Raises:
        CheckpointError: its encoder has seen what this run validates on or tests on.
    """
    origin = phase_1.checkpoint.provenance
    theirs = origin.settings.get("data")
    if isinstance(theirs, Mapping) and theirs.get("name") == data:
        leaked = _seen_before(origin.splits, dict(zip(table.ids, table.splits, strict=True)))
        if leaked:
            raise CheckpointError(
                f"phase_1_ckpt={phase_1.file} was trained or chosen on {leaked} samples that this "
                f"run validates or tests on (both data sets are called {data}); use the split that "
                "it had"
            )
    else:
        log.info("the encoder of %s was trained on other data", phase_1.file)
    own = run / PHASE_1 / BEST
    if phase_1.file.resolve() != own.resolve():
        copy_file(phase_1.file, own, durable=True)


def _seen_before(theirs: Mapping[str, str | None], ours: Mapping[str, str | None]) -> int:
    """Count samples to test on that were seen at all, and to validate on that were trained on."""
    forbidden = {"test": {"train", "val"}, "oof": {"train", "val"}, "val": {"train"}}
    return sum(theirs.get(name) in forbidden.get(str(split), ()) for name, split in ours.items())


def load_encoder(model: ContrastiveClassifier, file: Path) -> None:
    """Give a model the encoder's weights of a checkpoint of phase 1.

    Raises:
        CheckpointError: they are of another encoder.
    """
    prefix = "encoder."
    state = {
        key.removeprefix(prefix): value
        for key, value in read_checkpoint(file).weights.items()
        if key.startswith(prefix)
    }
    problems = misfits(state, model.encoder.state_dict())
    if problems:
        raise CheckpointError(f"{file} is of another encoder:{list_problems(problems)}")
    model.encoder.load_state_dict(state)
