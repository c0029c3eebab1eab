"""From a checkpoint to the model that it describes, after a look at what that would be."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import nn
from torch.nn.modules import module as registry

from lfx.modalities.encoder import Encoder, EncoderBuilder
from lfx.modalities.modality import Modality
from lfx.models.classifier import Classifier
from lfx.models.heads import Head
from lfx.runs.own_classes import OWN_CLASSES
from lfx.runs.tensors import encoder_weights, misfits
from lfx.runtime.construct import construct
from lfx.runtime.errors import CheckpointError, ConfigError, UserError
from lfx.runtime.fields import list_problems, shown
from lfx.runtime.imports import dotted_path, import_target

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from lfx.runs.checkpoint_content import Checkpoint, Part

_MORE_MODULES = 20  # a parameter, that is a tensor of a checkpoint, has fewer around it
_SPARE = 1_000
_MOST_BUFFERED = 2**28  # numbers in buffers that no checkpoint keeps, such as masks

Built = TypeVar("Built")


def restore(checkpoint: Checkpoint, trusted: Collection[str] = ()) -> Classifier:
    """Build the classifier that a checkpoint describes, with its weights, in evaluation mode.

    It is first built without memory, and compared with the weights that are there: a description
    of a model of a billion layers ends in a message.

    Args:
        checkpoint: what was read.
        trusted: classes from outside of lfx that may be imported: those that the user's own
            settings name.

    Raises:
        CheckpointError: a class is neither lfx's nor trusted, or the weights are of another model.
    """
    if checkpoint.phase == 1:
        raise CheckpointError(
            f"ckpt={checkpoint.file} is of phase 1 and has no classifier yet; this trains one: "
            f"python -m lfx.train phase=2 phase_1_ckpt={checkpoint.file}, with the run's modality "
            "and encoder"
        )
    builder: type[EncoderBuilder] = find_class(checkpoint, "encoder", EncoderBuilder, trusted)
    head: type[Head] = find_class(checkpoint, "head", Head, trusted)

    find = _finder(checkpoint, trusted)

    def build() -> Classifier:
        encoder = builder.restore_parts(checkpoint.encoder.settings, find)
        return Classifier(
            encoder,
            construct(head, checkpoint.head.settings, find),
            classes=checkpoint.classes,
        )

    classifier = _built(checkpoint, build, checkpoint.weights, _of(checkpoint, "encoder", "head"))
    try:
        classifier.load_state_dict(dict(checkpoint.weights))
    except RuntimeError as error:
        raise _mistake(checkpoint, error) from error
    infinite = [
        name for name, value in classifier.named_parameters() if not bool(value.isfinite().all())
    ]
    if infinite:
        raise CheckpointError(
            f"ckpt={checkpoint.file} is of a model whose weights are no finite numbers: "
            f"{', '.join(infinite[:5])}; train it anew, with a lower learning rate"
        )
    return classifier.eval()


def restore_encoder(checkpoint: Checkpoint, trusted: Collection[str] = ()) -> Encoder:
    """Build the encoder alone, with random weights; see `restore`.

    Raises:
        CheckpointError: the class is neither lfx's nor trusted, or the weights are of another
            encoder.
    """
    builder: type[EncoderBuilder] = find_class(checkpoint, "encoder", EncoderBuilder, trusted)
    weights = encoder_weights(checkpoint.weights)

    def build() -> Encoder:
        find = _finder(checkpoint, trusted)
        return builder.restore_parts(checkpoint.encoder.settings, find)

    return _built(checkpoint, build, weights, _of(checkpoint, "encoder"))


def restore_modality(checkpoint: Checkpoint, trusted: Collection[str] = ()) -> Modality:
    """Build what the model reads samples with; see `restore`.

    Raises:
        CheckpointError: the class is neither lfx's nor trusted, or does not take the settings.
    """
    kind: type[Modality] = find_class(checkpoint, "modality", Modality, trusted)
    try:
        modality: Modality = construct(
            kind, checkpoint.modality.settings, _finder(checkpoint, trusted)
        )
    except CheckpointError:
        raise
    except Exception as error:  # a class of the user's has errors of its own
        raise _mistake(checkpoint, error) from error
    return modality


def find_class(checkpoint: Checkpoint, key: str, kind: type, trusted: Collection[str]) -> Any:
    """Find the class that a checkpoint names for a part of its model.

    Raises:
        CheckpointError: it is neither one of lfx's nor trusted, or it is no such part.
    """
    target = checkpoint.parts[key].target
    found = _finder(checkpoint, trusted)(target)
    if not (isinstance(found, type) and issubclass(found, kind)):
        raise CheckpointError(f"ckpt={checkpoint.file}: {target} is not a {dotted_path(kind)}")
    return found


def _finder(checkpoint: Checkpoint, trusted: Collection[str]) -> Callable[[str], Any]:
    """Return what imports the classes that a checkpoint may name."""

    def find(target: str) -> Any:
        if target not in OWN_CLASSES and target not in trusted:
            named = [name for part in checkpoint.parts.values() for name in part.classes()]
            foreign = [shown(name)[1:-1] for name in named if name not in OWN_CLASSES]
            raise CheckpointError(
                f"ckpt={checkpoint.file} names the class {shown(target)}, which is not lfx's own; "
                "classes of yours are imported where your settings name them: in training the "
                "run's own, in lfx.predict and lfx.report "
                f"trust=[{','.join(dict.fromkeys(foreign))}]"
            )
        try:
            return import_target(target)
        except ConfigError as error:
            raise CheckpointError(f"ckpt={checkpoint.file}: {error}") from error

    return find


def _of(checkpoint: Checkpoint, *keys: str) -> list[Part]:
    return [checkpoint.parts[key] for key in keys]


def _built(
    checkpoint: Checkpoint,
    build: Callable[[], Built],
    weights: Mapping[str, torch.Tensor],
    parts: list[Part],
) -> Built:
    """Build a module; of lfx's own classes first without memory, compared with the weights."""
    try:
        if all(name in OWN_CLASSES for part in parts for name in part.classes()):
            with _without_memory(weights):
                sketch = build()
            if isinstance(sketch, nn.Module):
                _require_fit(weights, sketch)
        return build()
    except CheckpointError:
        raise
    except Exception as error:
        raise _mistake(checkpoint, error) from error


def _require_fit(weights: Mapping[str, torch.Tensor], sketch: nn.Module) -> None:
    problems = misfits(weights, sketch.state_dict())
    if problems:
        raise ValueError(list_problems(problems))


def _mistake(checkpoint: Checkpoint, error: Exception) -> CheckpointError:
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
