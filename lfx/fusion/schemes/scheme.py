"""What every scheme is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from lfx.fusion.outputs import FitData
    from lfx.fusion.rules import Rule
    from lfx.fusion.weights import Weights


@runtime_checkable
class Scheme(Protocol):
    """Finds how members are to be combined."""

    @property
    def name(self) -> str:
        """What the scheme is called in configurations and reports."""

    @property
    def needs_fit(self) -> bool:
        """Whether the result depends on labelled samples."""

    def fit(self, fit: FitData) -> Weights | Rule:
        """Find weights for `fit.members`, in that order, which the linear pool applies; or a rule.

        Without `needs_fit`, `fit` holds no samples.
        """


def require_one_of(option: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse an option whose value is none of those that are allowed.

    Raises:
        ConfigError: names the option, what is allowed, and what was got.
    """
    if value not in allowed:
        raise ConfigError(f"{option}: allowed are {', '.join(allowed)}; got {value!r}")


def require_at_least(option: str, value: float, least: float) -> None:
    """Refuse an option whose value is too small, or no number.

    Raises:
        ConfigError: names the option, what is allowed, and what was got.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least:
        raise ConfigError(f"{option}: allowed are numbers from {least:g} on; got {value!r}")
