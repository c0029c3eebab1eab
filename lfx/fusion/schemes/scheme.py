"""What every scheme is, and what it may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from torch import Tensor

from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from lfx.fusion.weights import Weights


@dataclass(frozen=True, eq=False)
class FitData:
    """The labelled samples of the fit split; no samples where a scheme needs no fit.

    Attributes:
        members: names of the members, sorted, `(members,)`.
        classes: names of the classes, `(classes,)`.
        probabilities: `(members, samples, classes)`, in 0..1, summing to 1 over classes.
        labels: class indices, `(samples,)`.
    """

    members: tuple[str, ...]
    classes: tuple[str, ...]
    probabilities: Tensor
    labels: Tensor


@runtime_checkable
class Scheme(Protocol):
    """Finds the members' weights."""

    @property
    def name(self) -> str:
        """What the scheme is called in configurations and reports."""

    @property
    def needs_fit(self) -> bool:
        """Whether the weights depend on labelled samples."""

    def fit(self, fit: FitData) -> Weights:
        """Find weights for `fit.members`, in that order."""


def require_one_of(option: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse an option whose value is none of those that are allowed.

    Raises:
        ConfigError: names the option, what is allowed, and what was got.
    """
    if value not in allowed:
        raise ConfigError(f"{option}: allowed are {', '.join(allowed)}; got {value!r}")
