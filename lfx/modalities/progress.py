"""How far training has come, in a checkpoint that it is resumed from: numbers and nothing else.

Lightning restores what a checkpoint says of callbacks, loops, optimizers and schedules as it stands
there: paths of files to delete, methods to replace, epochs without end. lfx gives Lightning only
numbers, each of which is checked against the training that is set up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeGuard

import torch

from lfx.modalities.tensors import is_dense, misfits
from lfx.runtime.errors import CheckpointError
from lfx.runtime.fields import is_integer, is_list_of, is_number, list_problems, shown

if TYPE_CHECKING:
    from lfx.modalities.checkpoint_content import Checkpoint

_MOST = 2**53
# Epochs and validations of them; other counts are of steps.
_EPOCHS = "epoch_progress"


@dataclass(frozen=True)
class Expected:
    """What the training that is set up here can be resumed from.

    Attributes:
        monitor: the metric of which the least value is kept.
        stopping: under which key Lightning looks for early stopping's state.
        keeping: the same for the checkpoints' state.
        patience: epochs without a better value before training stops.
        loops: the state of Lightning's loops before training.
        max_epochs: most epochs.
        weights: name → tensor of the model.
    """

    monitor: str
    stopping: str
    keeping: str
    patience: int
    loops: Mapping[str, Any]
    max_epochs: int
    weights: Mapping[str, torch.Tensor]


def lightning_state(checkpoint: Checkpoint, expected: Expected) -> dict[str, Any]:
    """Return what Lightning restores: of the file nothing but numbers that fit.

    Args:
        checkpoint: a `last.ckpt`.
        expected: what it has to fit.

    Raises:
        CheckpointError: it holds no training progress, or of another training.
    """
    progress, problems = checkpoint.progress or {}, misfits(checkpoint.weights, expected.weights)
    loops = progress.get("loops")
    fit_loop = loops.get("fit_loop") if isinstance(loops, Mapping) else None
    counts = _counts(fit_loop, expected.loops, expected.max_epochs, "loops", problems)
    stopping = _stopping(progress, expected, problems)
    best = _best_score(progress, expected, problems)
    schedule = _schedule(progress.get("lr_schedulers"), problems)
    if not is_list_of(progress.get("optimizer_states"), lambda one: isinstance(one, Mapping), 1):
        problems.append("optimizer_states are not those of one optimizer")
    if problems:
        raise CheckpointError(
            f"{checkpoint.file} cannot be resumed from:{list_problems(problems)}\n"
            "Leave ckpt out to train from the beginning"
        )
    return {
        # So that no migration changes what is checked: they are all of versions before 2.0.
        "pytorch-lightning_version": version("pytorch-lightning"),
        "state_dict": dict(checkpoint.weights),
        "loops": {"fit_loop": counts},
        "callbacks": {expected.stopping: stopping, expected.keeping: {"best_score": best}},
        # Each optimizer checks its own state by `fitting_optimizer_state`.
        "optimizer_states": progress["optimizer_states"],
        "lr_schedulers": [schedule],
    }


def _counts(theirs: Any, ours: Any, epochs: int, name: str, problems: list[str]) -> Any:
    """Take counts from a nested mapping where this Lightning has counts too."""
    if isinstance(ours, Mapping):
        if not isinstance(theirs, Mapping):
            problems.append(f"{name} is {shown(theirs)}, allowed: counts")
            return dict(ours)
        return {
            key: _counts(theirs[key], own, epochs, f"{name}.{key}", problems)
            if key in theirs
            else own  # another version of Lightning has other counts
            for key, own in ours.items()
        }
    if isinstance(ours, bool):
        fits, allowed = isinstance(theirs, bool), "true or false"
    else:
        most = epochs if f".{_EPOCHS}." in name else _MOST
        fits, allowed = is_integer(theirs, 0, most), f"0 to {most}"
    if not fits:
        problems.append(f"{name} is {shown(theirs)}, allowed: {allowed}")
    return theirs


def _stopping(
    progress: Mapping[str, Any], expected: Expected, problems: list[str]
) -> dict[str, Any]:
    callbacks = progress.get("callbacks")
    state = callbacks.get(expected.stopping) if isinstance(callbacks, Mapping) else None
    if not isinstance(state, Mapping):
        problems.append("the state of early stopping is missing")
        return {}
    numbers = {key: state.get(key) for key in ("wait_count", "stopped_epoch")}
    problems += [
        f"early stopping's {key} is {shown(value)}, allowed: 0 to {_MOST}"
        for key, value in numbers.items()
        if not is_integer(value, 0, _MOST)
    ]
    score = state.get("best_score")
    if not _is_scalar(score):
        problems.append(f"early stopping's best_score is {shown(score)}, allowed: one number")
    return {**numbers, "best_score": score, "patience": expected.patience}


def _best_score(
    progress: Mapping[str, Any], expected: Expected, problems: list[str]
) -> float | None:
    """Return the score of `best.ckpt`; until 0.2 Lightning's own callback stored it."""
    callbacks = progress.get("callbacks")
    states = callbacks if isinstance(callbacks, Mapping) else {}
    if expected.keeping in states:
        state = states[expected.keeping]
        score = state.get("best_score") if isinstance(state, Mapping) else None
    else:
        older = f"ModelCheckpoint{{'monitor': {expected.monitor!r}"
        named = (state for key, state in states.items() if str(key).startswith(older))
        state = next(named, None)
        score = state.get("best_model_score") if isinstance(state, Mapping) else None
    if _is_scalar(score) or isinstance(score, float):
        return float(score)
    problems.append(f"the score of best.ckpt is {shown(score)}, allowed: a number")
    return None


def _schedule(theirs: Any, problems: list[str]) -> dict[str, Any]:
    if not is_list_of(theirs, lambda one: isinstance(one, Mapping), 1):
        problems.append(f"lr_schedulers is {shown(theirs)}, allowed: one schedule")
        return {}
    steps = {key: theirs[0].get(key) for key in ("last_epoch", "_step_count")}
    problems += [
        f"lr_schedulers.{key} is {shown(value)}, allowed: 0 to {_MOST}"
        for key, value in steps.items()
        if not is_integer(value, 0, _MOST)
    ]
    rates = theirs[0].get("_last_lr")
    if not is_list_of(rates, lambda one: is_number(one, 0)):
        problems.append(f"lr_schedulers._last_lr is {shown(rates)}, allowed: learning rates")
    return {**steps, "_last_lr": rates, "lr_lambdas": []}


def fitting_optimizer_state(optimizer: torch.optim.Optimizer, state: Any) -> dict[str, Any]:
    """Return an optimizer's state of a checkpoint: moments and learning rates alone.

    All other settings, such as which implementation is used, are this run's.

    Args:
        optimizer: whose state it is to become.
        state: of the checkpoint.

    Raises:
        CheckpointError: it is not of this optimizer.
    """
    ours, theirs = optimizer.param_groups, state.get("param_groups")
    parameters = [parameter for group in ours for parameter in group["params"]]
    moments = state.get("state")
    sizes = [len(group["params"]) for group in ours]
    problems = []
    if not is_list_of(theirs, _is_group, len(ours)):
        problems.append(f"param_groups is {shown(theirs)}, allowed: {len(ours)} groups")
    elif [len(group["params"]) for group in theirs] != sizes:
        problems.append("param_groups are of other sizes")
    if not isinstance(moments, Mapping):
        problems.append(f"state is {shown(moments)}, allowed: numbers of each parameter")
    else:
        problems += [
            f"state of parameter {shown(place)} does not fit"
            for place, one in moments.items()
            if not (is_integer(place, 0, len(parameters) - 1) and _fits(one, parameters[place]))
        ]
    if problems:
        raise CheckpointError(
            f"the checkpoint's optimizer cannot be resumed from:{list_problems(problems)}\n"
            "Leave ckpt out to train from the beginning"
        )
    places = iter(range(len(parameters)))
    groups = [
        {key: value for key, value in own.items() if key != "params"}
        | {"params": [next(places) for _ in own["params"]], "lr": their["lr"]}
        for own, their in zip(ours, theirs, strict=True)
    ]
    return {
        "state": {place: {key: one[key] for key in _MOMENTS} for place, one in moments.items()},
        "param_groups": groups,
    }


_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


def _is_group(group: Any) -> bool:
    return (
        isinstance(group, Mapping)
        and isinstance(group.get("params"), list)
        and is_number(group.get("lr"), 0)
    )


def _fits(moments: Any, parameter: torch.Tensor) -> bool:
    if not isinstance(moments, Mapping) or not all(
        is_dense(moments.get(key)) and moments[key].is_floating_point() for key in _MOMENTS
    ):
        return False
    shapes = [moments[key].shape for key in _MOMENTS]
    return shapes == [torch.Size([]), parameter.shape, parameter.shape]


def _is_scalar(value: Any) -> TypeGuard[torch.Tensor]:
    return is_dense(value) and value.is_floating_point() and value.shape == torch.Size([])
