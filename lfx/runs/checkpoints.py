"""A run's checkpoints: reading them, and keeping them up to date while it trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.runs.checkpoint_content import CANDIDATES, SECONDS, Checkpoint, parse
from lfx.runs.checkpoint_file import read_content, write_content
from lfx.runs.checkpoint_io import CheckpointFiles
from lfx.runs.files import BEST, FOLDER, LAST, PHASE_1, phase_folder, require_own
from lfx.runs.keep import KeepCheckpoints
from lfx.runs.meter import Meter
from lfx.runs.progress import lightning_state
from lfx.runs.tensors import encoder_weights, misfits
from lfx.runtime.errors import CheckpointError
from lfx.runtime.fields import is_list_of, is_number, list_problems, shown
from lfx.training.context import CLASSIFICATION, CONTRAST, BestKept, Resuming

if TYPE_CHECKING:
    from torch import Tensor

    from lfx.modalities.encoder import Encoder


def read_checkpoint(file: Path, key: str = "ckpt") -> Checkpoint:
    """Read a checkpoint of lfx; nothing in it is executed, and no path in it is followed.

    Args:
        file: where it is.
        key: the setting that named it, for messages.

    Raises:
        CheckpointError: the file is missing, damaged, or not of lfx; all problems in one message.
    """
    if not file.is_file():
        raise CheckpointError(
            f"{key}={file}: there is no such file; a run keeps best.ckpt and last.ckpt "
            f"in its folder {PHASE_1 if key == 'phase_1_ckpt' else FOLDER}/"
        )
    try:
        content = read_content(file)
    except ValueError as error:
        raise CheckpointError(f"{key}={file} is damaged, or no checkpoint: {error}") from error
    if not isinstance(content, dict) or "lfx" not in content:
        raise CheckpointError(f"{key}={file} is no checkpoint of lfx")
    record = content["lfx"]
    if isinstance(record, dict) and "module" in record and "modality" not in record:
        raise CheckpointError(
            f"{key}={file} was written by lfx 0.1, whose checkpoints this version does not read; "
            "train the model again (its predictions.parquet is still read)"
        )
    checkpoint, problems = parse(file, content)
    if checkpoint is None:
        raise CheckpointError(
            f"{key}={file} is damaged, or of another version of lfx:{list_problems(problems)}"
        )
    return checkpoint


@dataclass
class RunCheckpoints:
    """The checkpoints below a run's folder, as `lfx.training.context.Checkpoints`.

    Args:
        run: the run's folder, or a fold's in it.
        record: what lfx notes in each checkpoint, in plain values.
        resumed: the checkpoint that training carries on from, in this folder; None: it begins.

    Attributes:
        epochs: phase → how many epochs it was trained.
        meter: of what training costs.
    """

    run: Path
    record: Mapping[str, Any]
    resumed: Checkpoint | None = None
    epochs: dict[str, int] = field(default_factory=dict)
    meter: Meter = field(default_factory=Meter)
    _keeping: dict[int | None, KeepCheckpoints] = field(default_factory=dict)
    _files: CheckpointFiles | None = None

    def __post_init__(self) -> None:
        """Count on from where the checkpoint stopped."""
        if self.resumed is not None:
            self.meter.before = self.resumed.seconds

    def keep(self, phase: int | None, monitor: str) -> BestKept:
        """Return the callback that keeps a phase's checkpoints."""
        require_own(self.run)
        record = self.record if phase is None else {**self.record, "phase": phase}
        self._keeping[phase] = KeepCheckpoints(phase_folder(self.run, phase), monitor)
        self._files = CheckpointFiles(record, self.meter.seconds)
        return self._keeping[phase]

    def plugin(self) -> CheckpointFiles:
        """Return what writes files for Lightning, and gives it what it resumes from."""
        if self._files is None:
            raise RuntimeError("keep a phase's checkpoints first")
        return self._files

    def resumed_phase(self) -> int | None:
        """Return the phase that is carried on."""
        return None if self.resumed is None else self.resumed.phase

    def resume(self, phase: int | None, expected: Resuming) -> Path | None:
        """Check what a phase carries on from against the training that is set up.

        Raises:
            CheckpointError: it does not fit, or its best checkpoint is gone.
        """
        if self.resumed is None or self.resumed.phase != phase:
            return None
        keeping = self._keeping[phase].state_key
        self.plugin().progress = lightning_state(
            read_checkpoint(self.resumed.file), expected, keeping
        )
        self._require_best(self.resumed.file, phase)
        return self.resumed.file

    def _require_best(self, resumed: Path, phase: int | None) -> None:
        if not self.best(phase).is_file():
            raise CheckpointError(
                f"{resumed} is resumed from together with {BEST} of its run, which is not beside it"
            )

    def forget(self, phase: int) -> None:
        """Remove what an earlier run in this folder left of a phase."""
        require_own(self.run)
        for name in (BEST, LAST):
            (phase_folder(self.run, phase) / name).unlink(missing_ok=True)

    def best(self, phase: int | None) -> Path:
        """Return the best checkpoint's file."""
        return phase_folder(self.run, phase) / BEST

    def best_weights(self, phase: int | None) -> Mapping[str, Tensor]:
        """Read the best checkpoint's weights."""
        return read_checkpoint(self.best(phase)).weights

    def note_epochs(self, phase: int | None, epochs: int) -> None:
        """Note how many epochs a phase was trained, those before it was resumed too."""
        self.epochs["train" if phase is None else f"phase_{phase}"] = epochs
        if phase == CLASSIFICATION and self.resumed_phase() == CLASSIFICATION:
            file = phase_folder(self.run, CONTRAST) / LAST
            if file.is_file():
                self.epochs[f"phase_{CONTRAST}"] = read_checkpoint(file).epochs or 0

    def load_encoder(self, encoder: Encoder) -> None:
        """Load the encoder's weights of the best checkpoint of phase 1.

        Raises:
            CheckpointError: they are of another encoder.
        """
        file, weights = self.best(CONTRAST), encoder_weights(self.best_weights(CONTRAST))
        problems = misfits(weights, encoder.state_dict())
        if problems:
            raise CheckpointError(f"{file} is of another encoder:{list_problems(problems)}")
        encoder.load_state_dict(weights)

    def write(
        self, weights: Mapping[str, Tensor], losses: Sequence[float], *, is_best: bool
    ) -> None:
        """Write the last checkpoint, and the best one if it is, where Lightning does not train."""
        require_own(self.run)
        content = {
            "state_dict": dict(weights),
            "lfx": dict(self.record),
            SECONDS: self.meter.seconds(),
        }
        if is_best:  # before the last one, which is resumed from together with it
            write_content(self.best(None), content)
        write_content(phase_folder(self.run, None) / LAST, {**content, CANDIDATES: list(losses)})

    def tried(self, expected: Mapping[str, Tensor], most: int) -> list[float]:
        """Return the losses that the resumed checkpoint was written with; none: it begins.

        Raises:
            CheckpointError: it is of another training, or its best checkpoint is gone.
        """
        if self.resumed is None:
            return []
        self._require_best(self.resumed.file, None)
        last = read_checkpoint(self.resumed.file)
        losses: Any = (last.progress or {}).get(CANDIDATES)
        problems = misfits(last.weights, expected) + misfits(self.best_weights(None), expected)
        if not is_list_of(losses, lambda one: is_number(one, 0)) or not 1 <= len(losses) <= most:
            problems.append(
                f"{CANDIDATES} is {shown(losses)}, allowed: a list of 1 to {most} numbers"
            )
        if problems:
            raise CheckpointError(
                f"{last.file} cannot be resumed from:{list_problems(problems)}\n"
                "Leave ckpt out to train from the beginning"
            )
        return list(losses)
