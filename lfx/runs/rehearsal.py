"""Before training: whether the checkpoints that a run will leave can be read again."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from lfx.models.classifier import Classifier
from lfx.runs.checkpoint_content import PARTS, Part, parse
from lfx.runs.files import BEST
from lfx.runs.own_classes import OWN_CLASSES
from lfx.runs.restore import restore, restore_modality
from lfx.runtime.errors import CheckpointError, ConfigError, in_one_line
from lfx.runtime.fields import list_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from lfx.modalities.encoder import Encoder
    from lfx.models.heads import Head


def require_restorable(
    record: Mapping[str, Any], encoder: Encoder, head: Head, trusted: Collection[str]
) -> None:
    """Restore an untrained model of classes from outside of lfx from its own checkpoint.

    lfx's own classes are tested; one of the user's may describe itself in a way that no file can
    hold, or that does not build it again, and would be noticed after hours of training.

    Args:
        record: what lfx notes in each checkpoint.
        encoder: of the model that will be trained.
        head: builds what the model has on it in the end, whichever phase comes first.
        trusted: the classes that the user's settings name.

    Raises:
        ConfigError: the model cannot be restored.
    """
    parts = [Part(record[key]["class"], record[key]["settings"]) for key in PARTS]
    if all(name in OWN_CLASSES for part in parts for name in part.classes()):
        return
    try:
        with torch.random.fork_rng(devices=[]):  # training draws the same numbers with and without
            model = Classifier(encoder, head, classes=record["classes"])
            content = {"lfx": _through_a_file(record), "state_dict": model.state_dict()}
            checkpoint, problems = parse(Path(BEST), content)
            if checkpoint is not None:
                restore_modality(checkpoint, trusted)
                restore(checkpoint, trusted)
    except CheckpointError as error:
        raise ConfigError(
            f"no checkpoint could restore this model: {_without_file(error)}"
        ) from error
    if checkpoint is None:
        raise ConfigError(f"no checkpoint could hold this model:{list_problems(problems)}")


def _without_file(error: CheckpointError) -> str:
    """Return a message without the name of a file that is not there yet."""
    return str(error).removeprefix(f"ckpt={BEST}").lstrip(": ")


def _through_a_file(record: Mapping[str, Any]) -> Any:
    """Return a record as a checkpoint would give it back."""
    stream = io.BytesIO()
    try:
        torch.save(dict(record), stream)
        stream.seek(0)
        return torch.load(stream, weights_only=True)
    except Exception as error:  # each value that no file can hold has its own
        raise CheckpointError(
            f"what its classes say of themselves cannot be written: {in_one_line(error)}"
        ) from error
