"""Reading checkpoints, and building the classifier that one holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.modalities.checkpoint_content import Checkpoint, Provenance, parse
from lfx.modalities.checkpoint_file import read_content
from lfx.modalities.restoring import restore
from lfx.modalities.run_files import BEST, FOLDER, LAST, PHASE_1
from lfx.runtime.errors import CheckpointError
from lfx.runtime.fields import list_problems

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.modalities.classifier import Classifier

__all__ = ["BEST", "FOLDER", "LAST", "PHASE_1", "load_classifier", "read_checkpoint"]


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
    checkpoint, problems = parse(file, content)
    if checkpoint is None:
        raise CheckpointError(
            f"{key}={file} is damaged, or of another version of lfx:{list_problems(problems)}"
        )
    return checkpoint


def load_classifier(file: Path, trusted: str | None = None) -> tuple[Classifier, Provenance]:
    """Build the classifier that a checkpoint holds.

    Neither the weights' first source nor the training data are needed.

    Args:
        file: a checkpoint of lfx.
        trusted: a class beyond lfx's own that may be imported: the one that the user's settings
            name.

    Returns:
        The classifier in evaluation mode, and what its run noted of itself.

    Raises:
        CheckpointError: the file is missing, damaged, or not of lfx.
    """
    checkpoint = read_checkpoint(file)
    classifier = restore(checkpoint, trusted)
    classifier.provenance = checkpoint.provenance.plain()
    return classifier.eval(), checkpoint.provenance
