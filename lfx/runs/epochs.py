"""How long a model was trained, and what that cost: `training.json` in the folder of its run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lfx.runs.cost import LONGEST, Cost, parse_cost
from lfx.runtime.errors import RecordError
from lfx.runtime.fields import is_integer, is_number, is_text
from lfx.runtime.files import write_json
from lfx.runtime.records import read_json

if TYPE_CHECKING:
    from pathlib import Path

FILE = "training.json"
_MOST = 10**9
_IN_ALL = "epochs_in_all"


@dataclass(frozen=True)
class Spent:
    """What a run that another one started from has cost.

    Attributes:
        epochs: how many it was trained, with those of what it started from itself.
        seconds: likewise; None where it has not noted them.
    """

    epochs: int
    seconds: float | None = None


@dataclass(frozen=True)
class Training:
    """What a run has noted of its training.

    Attributes:
        epochs: how many the model was trained, with those of what it started from.
        cost: of the model alone; None where an older version trained it.
        starts: name and config_hash of a run that it started from → what that has cost.
    """

    epochs: int
    cost: Cost | None = None
    starts: Mapping[tuple[str, str], Spent] = field(default_factory=dict)


def note_epochs(
    run: Path,
    epochs: Mapping[str, int],
    starts: Mapping[str, Mapping[str, Any]],
    cost: Cost | None = None,
) -> None:
    """Write how many epochs a model was trained, and what that has cost.

    Args:
        run: the folder of the run, or of a fold of it.
        epochs: phase → how many; of training in one phase, `train`.
        starts: part, or phase_1 → name, config_hash, epochs and seconds of the run that it started
            from.
        cost: of the model alone.
    """
    before = sum(start["epochs"] for start in starts.values())
    content = {
        "epochs": dict(epochs),
        "starts": {name: dict(start) for name, start in starts.items()},
        _IN_ALL: sum(epochs.values()) + before,
        "cost": None if cost is None else cost.plain(),
    }
    write_json(run / FILE, content)


def read_epochs(run: Path) -> int | None:
    """Return how many epochs a model was trained, with those of what it started from.

    Returns:
        None where the run has not noted it: it has not ended, or an older version trained it.
    """
    training = read_training(run)
    return None if training is None else training.epochs


def read_seconds(run: Path) -> float | None:
    """Return how long a model was trained, with what it started from; None: it is not noted."""
    training = read_training(run)
    if training is None or training.cost is None:
        return None
    before = [start.seconds for start in training.starts.values()]
    return training.cost.seconds + sum(seconds for seconds in before if seconds is not None)


def read_training(run: Path) -> Training | None:
    """Return what a run has noted of its training; None: nothing, or nonsense."""
    try:
        content = read_json(run / FILE)
    except RecordError:
        return None
    if not isinstance(content, dict) or not is_integer(content.get(_IN_ALL), 0, _MOST):
        return None
    starts = content.get("starts")
    return Training(
        content[_IN_ALL],
        parse_cost(content.get("cost")),
        {
            (start["name"], start["config_hash"]): Spent(start["epochs"], start.get("seconds"))
            for start in (starts.values() if isinstance(starts, dict) else ())
            if _is_start(start)
        },
    )


def _is_start(start: Any) -> bool:
    return (
        isinstance(start, dict)
        and is_text(start.get("name"))
        and is_text(start.get("config_hash"))
        and is_integer(start.get("epochs"), 0, _MOST)
        and (start.get("seconds") is None or is_number(start["seconds"], 0, LONGEST))
    )
