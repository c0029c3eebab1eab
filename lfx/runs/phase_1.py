"""The checkpoint of phase 1: what phase 2 starts from."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.files import BEST, PHASE_1
from lfx.runtime.convert import TARGET
from lfx.runtime.errors import CheckpointError
from lfx.runtime.fields import shown
from lfx.runtime.files import copy_file
from lfx.training.context import CONTRAST

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.data.samples import SampleTable
    from lfx.runs.checkpoint_content import Checkpoint

log = logging.getLogger(__name__)


# What may differ between phase 1's encoder settings and those of the phase 2 that starts from it.
_MAY_DIFFER = ("recipe", "trainable", "trainable_blocks", "weights")


def read_phase_1(file: Path, encoder: Mapping[str, Any]) -> Checkpoint:
    """Read the checkpoint that phase 2 starts from.

    Args:
        file: of a phase 1.
        encoder: this run's encoder settings, with the class's `_target_`.

    Raises:
        CheckpointError: it cannot be read, is not of phase 1, or is of another encoder.
    """
    checkpoint = read_checkpoint(file, "phase_1_ckpt")
    if checkpoint.phase != CONTRAST:
        raise CheckpointError(
            f"phase_1_ckpt={file} is no checkpoint of phase 1; a run with two phases keeps it as "
            f"{PHASE_1}/{BEST}"
        )
    differing = encoder_differences(checkpoint, encoder)
    if differing is None:
        raise CheckpointError(
            f"phase_1_ckpt={file} is damaged: its settings say nothing of the encoder"
        )
    if differing:
        raise CheckpointError(
            f"phase_1_ckpt={file} is of another encoder:\n"
            + "\n".join(differing)
            + "\ngive this run the modality and encoder that its phase 1 had"
        )
    return checkpoint


def encoder_differences(checkpoint: Checkpoint, encoder: Mapping[str, Any]) -> list[str] | None:
    """Return a line for each setting in which a checkpoint's encoder differs from another one.

    Args:
        checkpoint: of any run.
        encoder: the other's settings, with the class's `_target_`.

    Returns:
        None where the checkpoint does not say what its encoder's settings were.
    """
    theirs = checkpoint.provenance.settings.get("encoder")
    if not isinstance(theirs, Mapping):
        return None
    target = encoder[TARGET]
    if checkpoint.encoder.target != target:  # then nothing else of the encoders compares
        return [f"  encoder: {shown(checkpoint.encoder.target)} there, {target} here"]
    return [
        f"  encoder.{shown(key)[1:-1]}: {shown(theirs.get(key))} there, "
        f"{shown(encoder.get(key))} here"
        for key in sorted(theirs.keys() | encoder.keys())
        if _architecture(key, theirs.get(key)) != _architecture(key, encoder.get(key))
    ]


def _architecture(key: str, value: Any) -> Any:
    """Return a setting without what may differ, in the parts of a joint encoder too."""
    if key in _MAY_DIFFER:
        return None
    if isinstance(value, Mapping):
        return {name: _architecture(name, inner) for name, inner in value.items()}
    return value


def adopt_phase_1(phase_1: Checkpoint, table: SampleTable, data: str, run: Path) -> None:
    """Bring the checkpoint that phase 2 starts from into the run's folder.

    Args:
        phase_1: the checkpoint.
        table: this run's samples.
        data: the data set's name.
        run: this run's folder.

    Raises:
        CheckpointError: its encoder has seen what this run validates on or tests on.
    """
    origin = phase_1.provenance
    theirs = origin.settings.get("data")
    if isinstance(theirs, Mapping) and theirs.get("name") == data:
        leaked = seen_before(origin.splits, dict(zip(table.ids, table.splits, strict=True)))
        if leaked:
            raise CheckpointError(
                f"phase_1_ckpt={phase_1.file} was trained or chosen on {leaked} samples that this "
                f"run validates or tests on (both data sets are called {data}); use the split that "
                "it had"
            )
    else:
        log.info("the encoder of %s was trained on other data", phase_1.file)
    copy = run / PHASE_1 / BEST
    if phase_1.file.resolve() != copy.resolve():
        copy_file(phase_1.file, copy, durable=True)


def seen_before(theirs: Mapping[str, str | None], ours: Mapping[str, str | None]) -> int:
    """Count samples to test on that were seen at all, and to validate on that were trained on."""
    forbidden = {"test": {"train", "val"}, "oof": {"train", "val"}, "val": {"train"}}
    return sum(theirs.get(name) in forbidden.get(str(split), ()) for name, split in ours.items())
