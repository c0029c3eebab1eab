"""What training has cost: time, memory and parameters, with those of what a model started from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from lfx.runtime.fields import is_integer, is_number

LONGEST = 1e10  # seconds
_MOST = 2**62


@dataclass(frozen=True)
class Cost:
    """What the training of one model has cost.

    Attributes:
        seconds: of training and validating, in all processes that have worked on it; epochs that
            were lost to a kill are not counted.
        memory: the largest resident memory of the process while it trained, in bytes; None where
            the system does not say. Of a resumed run, of its last process.
        device_memory: the largest memory that tensors took on a GPU, in bytes; None without one.
        parameters: numbers that the model has learned or been given.
        trained: those of them that training changes.
    """

    seconds: float
    memory: int | None
    device_memory: int | None
    parameters: int
    trained: int

    def plain(self) -> dict[str, Any]:
        """Return the same as plain values."""
        return asdict(self)


def parse_cost(content: Any) -> Cost | None:
    """Return what a file says of a model's cost; None where it says nothing, or nonsense."""
    if not isinstance(content, dict):
        return None
    numbers: dict[str, Any] = {
        key: content.get(key) for key in ("memory", "device_memory", "parameters", "trained")
    }
    optional = {"memory", "device_memory"}
    fit = all(
        is_integer(value, 0, _MOST) or (value is None and key in optional)
        for key, value in numbers.items()
    )
    if not fit or not is_number(content.get("seconds"), 0, LONGEST):
        return None
    return Cost(seconds=float(content["seconds"]), **numbers)
