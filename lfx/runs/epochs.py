"""How long a model was trained, in epochs: `training.json` in the folder of its run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import RecordError
from lfx.runtime.fields import is_integer
from lfx.runtime.files import write_json
from lfx.runtime.records import read_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "training.json"
_MOST = 10**9
_IN_ALL = "epochs_in_all"


def note_epochs(
    run: Path, epochs: Mapping[str, int], starts: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write how many epochs a model was trained.

    Args:
        run: the folder of the run, or of a fold of it.
        epochs: phase → how many; of training in one phase, `train`.
        starts: part, or phase_1 → name, config_hash and epochs of the run that it started from.
    """
    before = sum(start["epochs"] for start in starts.values())
    content = {
        "epochs": dict(epochs),
        "starts": {name: dict(start) for name, start in starts.items()},
        _IN_ALL: sum(epochs.values()) + before,
    }
    write_json(run / FILE, content)


def read_epochs(run: Path) -> int | None:
    """Return how many epochs a model was trained, with those of what it started from.

    Returns:
        None where the run has not noted it: it has not ended, or an older version trained it.
    """
    try:
        content = read_json(run / FILE)
    except RecordError:
        return None
    count = content.get(_IN_ALL) if isinstance(content, dict) else None
    return count if is_integer(count, 0, _MOST) else None
