"""What training has cost: time, memory and parameters, with those of what a model started from."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import torch

from lfx.runtime.fields import is_integer, is_number
from lfx.runtime.memory import forget_peak, peak_memory

if TYPE_CHECKING:
    from torch import nn

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


@dataclass
class Meter:
    """Measures what training costs, from when it is made.

    Args:
        before: seconds that processes before this one have worked on the model.
    """

    before: float = 0.0
    _start: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        """Begin to count memory."""
        forget_peak()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def seconds(self) -> float:
        """Return how long the model has been worked on, in all processes."""
        return self.before + time.perf_counter() - self._start

    def read(self, model: nn.Module) -> Cost:
        """Return what training a model has cost until now."""
        on_gpu = torch.cuda.is_available()
        weights = list(model.parameters())
        return Cost(
            seconds=round(self.seconds(), 3),
            memory=peak_memory(),
            device_memory=torch.cuda.max_memory_allocated() if on_gpu else None,
            parameters=sum(one.numel() for one in weights),
            trained=sum(one.numel() for one in weights if one.requires_grad),
        )


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
