"""How far training has come, in a checkpoint that it is resumed from: numbers and nothing else.

Lightning restores what a checkpoint says of callbacks, loops, optimizers and schedules as it stands
there: paths of files to delete, methods to replace, epochs without end. lfx gives Lightning only
numbers, each of which is checked against the training that is set up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeGuard

import torch

from lfx.runs.tensors import is_dense, misfits
from lfx.runtime.errors import CheckpointError
from lfx.runtime.fields import is_integer, is_list_of, is_number, list_problems, shown

if TYPE_CHECKING:
    from lfx.runs.checkpoint_content import Checkpoint
    from lfx.training.context import Resuming

_MOST = 2**53
# Epochs and validations of them; other counts are of steps.
_EPOCHS = "epoch_progress"


def lightning_state(checkpoint: Checkpoint, expected: Resuming, keeping: str) -> dict[str, Any]:
    """Return what Lightning restores: of the file nothing but numbers that fit.

    Args:
        checkpoint: a `last.ckpt`.
        expected: what it has to fit.
        keeping: under which key Lightning looks for the state of `KeepCheckpoints`.

    Raises:
        CheckpointError: it holds no training progress, or of another training.
    """
    progress, problems = checkpoint.progress or {}, misfits(checkpoint.weights, expected.weights)
    loops = progress.get("loops")
    fit_loop = loops.get("fit_loop") if isinstance(loops, Mapping) else None
    counts = _counts(fit_loop, expected.loops, expected.max_epochs, "loops", problems)
    stopping = _stopping(progress, expected, problems)
    best = _best_score(progress, keeping, problems)
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
        "callbacks": {expected.stopping: stopping, keeping: {"best_score": best}},
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
            key: _counts(theirs[key], value, epochs, f"{name}.{key}", problems)
            if key in theirs
            else value  # another version of Lightning has other counts
            for key, value in ours.items()
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
    progress: Mapping[str, Any], expected: Resuming, problems: list[str]
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


def _best_score(progress: Mapping[str, Any], keeping: str, problems: list[str]) -> float | None:
    callbacks = progress.get("callbacks")
    state = callbacks.get(keeping) if isinstance(callbacks, Mapping) else None
    score = state.get("best_score") if isinstance(state, Mapping) else None
    if isinstance(score, float):
        return score
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
    """Return an optimizer's state of a checkpoint: statistics and learning rates alone.

    All other settings, such as which implementation is used, are this run's.

    Args:
        optimizer: whose state it is to become.
        state: of the checkpoint.

    Raises:
        CheckpointError: it is not of this optimizer.
    """
    ours, theirs = optimizer.param_groups, state.get("param_groups")
    parameters = [parameter for group in ours for parameter in group["params"]]
    statistics = state.get("state")
    sizes = [len(group["params"]) for group in ours]
    problems = []
    if not is_list_of(theirs, _is_group, len(ours)):
        problems.append(f"param_groups is {shown(theirs)}, allowed: {len(ours)} groups")
    elif [len(group["params"]) for group in theirs] != sizes:
        problems.append("param_groups are of other sizes")
    if not isinstance(statistics, Mapping):
        problems.append(f"state is {shown(statistics)}, allowed: numbers of each parameter")
    else:
        problems += [
            f"state of parameter {shown(index)} does not fit"
            for index, one in statistics.items()
            if not (
                is_integer(index, 0, len(parameters) - 1)
                and _fits(optimizer, one, parameters[index])
            )
        ]
    if problems:
        raise CheckpointError(
            f"the checkpoint's optimizer cannot be resumed from:{list_problems(problems)}\n"
            "Leave ckpt out to train from the beginning"
        )
    indices = iter(range(len(parameters)))
    groups = [
        {key: value for key, value in group.items() if key != "params"}
        | {"params": [next(indices) for _ in group["params"]], "lr": their["lr"]}
        for group, their in zip(ours, theirs, strict=True)
    ]
    return {
        "state": {
            index: {key: one[key] for key in _statistics(optimizer, one)}
            for index, one in statistics.items()
        },
        "param_groups": groups,
    }


# Of each parameter, what an optimizer's next step reads.
_STATISTICS: dict[type, tuple[str, ...]] = {torch.optim.AdamW: ("step", "exp_avg", "exp_avg_sq")}


def _statistics(optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of a parameter's statistics; of an optimizer from outside, what is there."""
    return _STATISTICS.get(type(optimizer), tuple(state))


def _is_group(group: Any) -> bool:
    return (
        isinstance(group, Mapping)
        and isinstance(group.get("params"), list)
        and is_number(group.get("lr"), 0)
    )


def _fits(optimizer: torch.optim.Optimizer, state: Any, parameter: torch.Tensor) -> bool:
    """Return whether each statistic is a dense tensor of one number or of the parameter's shape."""
    if not isinstance(state, Mapping) or not all(isinstance(key, str) for key in state):
        return False
    scalar = torch.Size([])
    if type(optimizer) not in _STATISTICS:  # which knows what it may leave out, or summarise
        most = max(1, parameter.numel())
        return all(
            value is None or is_number(value) or (_is_floating(value) and value.numel() <= most)
            for value in state.values()
        )
    return all(
        _is_floating(state.get(key))
        and state[key].shape == (scalar if key == "step" else parameter.shape)
        for key in _STATISTICS[type(optimizer)]
    )


def _is_floating(value: Any) -> TypeGuard[torch.Tensor]:
    return is_dense(value) and value.is_floating_point()


def _is_scalar(value: Any) -> TypeGuard[torch.Tensor]:
    return _is_floating(value) and value.shape == torch.Size([])
