"""From a checkpoint to the classifier that it describes, after a look at what that would be."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.modules import module as registry

from lfx.modalities.tensors import misfits
from lfx.runtime.errors import CheckpointError, ConfigError, UserError
from lfx.runtime.fields import list_problems, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lfx.encoders.encoder import Encoder
    from lfx.modalities.checkpoint_content import Checkpoint
    from lfx.modalities.classifier import Classifier

# The classes that a checkpoint may name. The file's word imports nothing else.
OWN_CLASSES = (
    "lfx.modalities.image.ImageClassifier",
    "lfx.modalities.image.ImageContrastive",
    "lfx.modalities.text.TextClassifier",
    "lfx.modalities.text.TextContrastive",
)
_MORE_MODULES = 20  # a parameter, that is a tensor of a checkpoint, has fewer around it
_SPARE = 1_000
_MOST_BUFFERED = 2**28  # numbers in buffers that no checkpoint keeps, such as masks


def restore(checkpoint: Checkpoint, trusted: str | None = None) -> Classifier:
    """Build the classifier that a checkpoint describes, with its weights.

    It is first built without memory, and compared with the weights that are there: a description
    of a model of a billion layers ends in a message.

    Args:
        checkpoint: what was read.
        trusted: a class beyond lfx's own that may be imported.

    Raises:
        CheckpointError: the class is none of lfx's, or the weights are of another model.
    """
    kind = class_of(checkpoint, trusted)
    if checkpoint.phase == 1:
        raise CheckpointError(
            f"ckpt={checkpoint.file} is of phase 1 and has no classifier yet; this trains one: "
            f"python -m lfx.train phase=2 phase_1_ckpt={checkpoint.file}, with the run's modality "
            "and encoder"
        )
    known = inspect.signature(kind).parameters
    unknown = [name for name in checkpoint.classifier.options if name not in known]
    if unknown:
        raise CheckpointError(
            f"ckpt={checkpoint.file}: {checkpoint.module} has no setting {', '.join(unknown)}"
        )

    def build() -> Classifier:
        own = checkpoint.classifier
        encoder = kind.restore_encoder(checkpoint.encoder)
        return kind(
            encoder,
            classes=own.classes,
            dropout=own.dropout,
            optimization=own.optimization,
            **own.options,
        )

    try:
        if checkpoint.module in OWN_CLASSES:
            with _without_memory(checkpoint.weights):
                sketch = build()
            _require_fit(checkpoint.weights, sketch)
        classifier = build()
        classifier.load_state_dict(checkpoint.weights)
    except Exception as error:
        raise _as_mistake(checkpoint, error) from error
    broken = [
        name for name, value in classifier.named_parameters() if not bool(value.isfinite().all())
    ]
    if broken:
        raise CheckpointError(
            f"ckpt={checkpoint.file} is of a model whose weights are no finite numbers: "
            f"{', '.join(broken[:5])}; train it anew, with a lower learning rate"
        )
    return classifier


def restore_encoder(checkpoint: Checkpoint, trusted: str | None = None) -> Encoder:
    """Build the encoder alone, with random weights; see `restore`.

    Raises:
        CheckpointError: the class is none of lfx's, or the weights are of another encoder.
    """
    kind, prefix = class_of(checkpoint, trusted), "encoder."
    weights = {
        name.removeprefix(prefix): value
        for name, value in checkpoint.weights.items()
        if name.startswith(prefix)
    }
    try:
        if checkpoint.module in OWN_CLASSES:
            with _without_memory(weights):
                sketch = kind.restore_encoder(checkpoint.encoder)
            _require_fit(weights, sketch)
        return kind.restore_encoder(checkpoint.encoder)
    except Exception as error:
        raise _as_mistake(checkpoint, error) from error


def class_of(checkpoint: Checkpoint, trusted: str | None = None) -> type[Classifier]:
    """Find the class that a checkpoint names.

    Raises:
        CheckpointError: it is none of lfx's own, nor the one that is trusted.
    """
    from lfx.modalities.classifier import classifier_class

    if checkpoint.module not in (*OWN_CLASSES, trusted):
        raise CheckpointError(
            f"ckpt={checkpoint.file} names the class {shown(checkpoint.module)}, which is not "
            f"lfx's own; allowed: {', '.join(OWN_CLASSES)}"
        )
    try:
        return classifier_class(checkpoint.module)
    except ConfigError as error:
        raise CheckpointError(f"ckpt={checkpoint.file} is of another version: {error}") from error


def _require_fit(weights: Mapping[str, torch.Tensor], sketch: nn.Module) -> None:
    problems = misfits(weights, sketch.state_dict())
    if problems:
        raise ValueError(list_problems(problems))


def _as_mistake(checkpoint: Checkpoint, error: Exception) -> CheckpointError:
    if isinstance(error, UserError | ValueError):
        reason = str(error)
    else:  # an architecture that is given other arguments has errors of its own
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return CheckpointError(
        f"ckpt={checkpoint.file} does not describe the model of its weights: {reason[:2000]}"
    )


class _TooLargeError(ValueError):
    """A description would build far more than there are weights for."""


@contextmanager
def _without_memory(weights: Mapping[str, torch.Tensor]) -> Iterator[None]:
    """Build modules on the meta device, and stop when they become larger than the weights."""
    rooms = {
        "modules": _MORE_MODULES * len(weights) + _SPARE,
        "parameters": 2 * len(weights) + _SPARE,
        "numbers": 2 * sum(value.numel() for value in weights.values()) + _SPARE,
        "buffered": _MOST_BUFFERED,
    }

    def take(room: str, amount: int) -> None:
        rooms[room] -= amount
        if rooms[room] < 0:
            raise _TooLargeError("what it describes is far larger than the weights that it holds")

    def on_parameter(_owner: nn.Module, _name: str, parameter: nn.Parameter | None) -> None:
        take("parameters", 1)
        take("numbers", 0 if parameter is None else parameter.numel())

    def on_buffer(_owner: nn.Module, _name: str, buffer: torch.Tensor | None) -> None:
        take("buffered", 0 if buffer is None else buffer.numel())

    def on_module(_owner: nn.Module, _name: str, _module: nn.Module | None) -> None:
        take("modules", 1)

    hooks = [
        registry.register_module_parameter_registration_hook(on_parameter),
        registry.register_module_buffer_registration_hook(on_buffer),
        registry.register_module_module_registration_hook(on_module),
    ]
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            yield
    finally:
        for hook in hooks:
            hook.remove()
