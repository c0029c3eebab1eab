"""The unimodal runs that the parts of a joint model start from."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.modalities.encoder import EncoderBuilder
from lfx.modalities.joint.modality import JointModality
from lfx.runs.checkpoint_content import Checkpoint
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.crossvalidation import fold_folder
from lfx.runs.epochs import read_epochs, read_seconds
from lfx.runs.files import BEST, FOLDER, run_of
from lfx.runs.phase_1 import encoder_differences, seen_before
from lfx.runs.restore import find_class, restore_encoder
from lfx.runs.tensors import encoder_weights
from lfx.runtime.errors import CheckpointError, name_some

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lfx.data.samples import SampleTable
    from lfx.modalities.encoder import Encoder
    from lfx.runs.plan import RunPlan

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Start:
    """What a part of a joint model starts from.

    Attributes:
        checkpoint: of a unimodal run.
        epochs: how many its run was trained, those after the best one too, and those of the runs
            that it started from itself; they count into the joint model's budget.
        seconds: how long, likewise; None where that is not noted.
    """

    checkpoint: Checkpoint
    epochs: int
    seconds: float | None = None

    def plain(self) -> dict[str, Any]:
        """Return what the joint run notes of it, in plain values."""
        provenance = self.checkpoint.provenance
        return {
            "name": provenance.name,
            "config_hash": provenance.config_hash,
            "epochs": self.epochs,
            "seconds": self.seconds,
        }


def read_starts(
    plan: RunPlan, table: SampleTable, columns: Mapping[str, str], fold: int | None
) -> dict[str, Start]:
    """Read what parts of a joint model start from.

    Args:
        plan: of the joint model.
        table: its samples.
        columns: column that the model reads → its fingerprint.
        fold: whose samples it does not see; None: there are no folds.

    Raises:
        CheckpointError: one cannot be read, is of another encoder, or was trained on other data,
            another column or another split.
    """
    starts = {}
    for name, given in sorted(plan.start.items()):
        key, encoder = f"start.{name}", plan.settings["encoder"]["encoders"][name]
        checkpoint = read_checkpoint(_file(Path(given), fold), key)
        _require_same_encoder(key, checkpoint, encoder, plan.trusted)
        _require_same_samples(key, checkpoint, table)
        if isinstance(plan.modality, JointModality):
            column = plan.modality.parts[name].column
            _require_same_column(key, checkpoint, column, columns[column])
        starts[name] = start_of(checkpoint)
        log.info(
            "%s starts from %s, trained for %d epochs (%s)",
            *(name, checkpoint.provenance.name, starts[name].epochs, checkpoint.file),
        )
    return starts


def start_of(checkpoint: Checkpoint) -> Start:
    """Return a checkpoint with its run's epochs, or those up to it, where none are noted."""
    run = run_of(checkpoint.file)
    noted = read_epochs(run)
    epochs = (checkpoint.epochs or 0) if noted is None else noted
    return Start(checkpoint, epochs, read_seconds(run))


def restore_start(start: Start, trusted: Collection[str]) -> Encoder:
    """Return the encoder of a unimodal run, with its weights."""
    encoder = restore_encoder(start.checkpoint, trusted)
    encoder.load_state_dict(encoder_weights(start.checkpoint.weights))
    return encoder


def _file(given: Path, fold: int | None) -> Path:
    if not given.is_dir():
        return given
    return (given if fold is None else fold_folder(given, fold)) / FOLDER / BEST


def _require_same_encoder(
    key: str, checkpoint: Checkpoint, encoder: Mapping[str, Any], trusted: Collection[str]
) -> None:
    theirs: type[EncoderBuilder] = find_class(checkpoint, "encoder", EncoderBuilder, trusted)
    part = key.partition(".")[2]
    differing = encoder_differences(checkpoint, encoder)
    if differing is None:
        raise CheckpointError(
            f"{key}={checkpoint.file} is damaged: its settings say nothing of the encoder"
        )
    if differing:
        raise CheckpointError(
            f"{key}={checkpoint.file} is of another encoder, which reads {theirs.reads}:\n"
            + "\n".join(differing)
            + f"\ngive the part its encoder: encoder@modality.encoders.{part}=NAME, with the same "
            "settings"
        )


def _require_same_column(key: str, checkpoint: Checkpoint, column: str, fingerprint: str) -> None:
    theirs = checkpoint.provenance.columns
    if theirs and fingerprint not in theirs.values():
        names = name_some(theirs)
        what = f"another state of column {column}" if column in theirs else f"column {names}"
        raise CheckpointError(
            f"{key}={checkpoint.file} was trained on {what}, and the part reads {column}; start "
            "from a run on the same content"
        )


def _require_same_samples(key: str, checkpoint: Checkpoint, table: SampleTable) -> None:
    """Refuse what was trained on other data, or knows what the joint model is tested on."""
    origin = checkpoint.provenance
    if origin.data_fingerprint != table.data_fingerprint():
        raise CheckpointError(
            f"{key}={checkpoint.file} was trained on another data set, or on another state of it "
            f"(data {origin.data_fingerprint[:8]} there, {table.data_fingerprint()[:8]} here); "
            "start from a run on the same data"
        )
    theirs, splits = origin.splits, dict(zip(table.ids, table.splits, strict=True))
    moved = sum(name in theirs and theirs[name] != split for name, split in splits.items())
    if moved:
        leaked = seen_before(theirs, splits)
        raise CheckpointError(
            f"{key}={checkpoint.file} was trained on another split: {moved} samples were in "
            f"another part of it, {leaked} of which it has seen and this run validates or tests "
            "on; start from a run with the same data.split, data.split_seed and data.folds"
        )
