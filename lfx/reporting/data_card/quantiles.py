"""How measures of a column's content are distributed: quantiles, and counts in bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Numbers = npt.NDArray[np.float64]
_SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
# Bins of a histogram; what is beyond this share of the values goes into the last one.
_BINS, _NEARLY_ALL = 24, 0.99
# Whole numbers from the first on are shown without decimals, from the second on as powers of ten.
_SMALL, _LARGE = 100, 1e15


@dataclass(frozen=True)
class Quantiles:
    """The distribution of a measure.

    Attributes:
        count: number of values.
        mean: of the values.
        least: the smallest value; then the quantiles at 5, 25, 50, 75 and 95 %, and the largest.
    """

    count: int
    mean: float
    least: float
    low: float
    quarter: float
    median: float
    three_quarters: float
    high: float
    most: float

    @classmethod
    def of(cls, values: Numbers) -> Quantiles | None:
        """Return the quantiles of the finite values; None if there are none.

        Example:
            >>> one = Quantiles.of(np.array([1.0, 2.0, 3.0, np.nan]))
            >>> one.count, one.median, one.most
            (3, 2.0, 3.0)
        """
        finite = values[np.isfinite(values)]
        if not len(finite):
            return None
        return cls(len(finite), float(finite.mean()), *np.quantile(finite, _SHARES).tolist())


@dataclass(frozen=True)
class Bin:
    """A bar of a histogram: values from `low` up to `high`, and how many they are."""

    low: float
    high: float
    count: int


def bins_of(values: Numbers) -> list[Bin]:
    """Count values in bins of one width; the last one also has the few that are far beyond it.

    Example:
        >>> [one.count for one in bins_of(np.array([0.0, 0.0, 1.0]))]
        [2, 1]
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        return []
    least, most = float(finite.min()), float(finite.max())
    beyond = float(np.quantile(finite, _NEARLY_ALL))
    whole = bool((finite == np.round(finite)).all())
    if whole:
        width = max(1, int(np.ceil((beyond - least + 1) / _BINS)))
        edges: Sequence[float] = np.arange(least - 0.5, beyond + width, width).tolist()
    else:
        edges = np.linspace(least, beyond if beyond > least else most, _BINS + 1).tolist()
    if len(edges) <= 1 or edges[-1] <= edges[0]:
        return [Bin(least, most, len(finite))]
    counts, _ = np.histogram(np.clip(finite, edges[0], edges[-1]), edges)
    ends = [*edges[1:-1], max(most, edges[-1])]
    if whole:
        ends = [np.floor(end) for end in ends]
        edges = [np.ceil(edge) for edge in edges]
    return [
        Bin(float(low), float(high), int(count))
        for low, high, count in zip(edges, ends, counts, strict=False)
    ]


def shown(value: float) -> str:
    """Return a number for people: whole ones without decimals, others with three digits or more.

    Example:
        >>> shown(12.0), shown(1234.56), shown(0.01234), shown(12.345)
        ('12', '1,235', '0.0123', '12.3')
    """
    if value == round(value) or abs(value) >= _SMALL:
        return f"{value:,.0f}" if abs(value) < _LARGE else f"{value:.3g}"
    return f"{value:.3g}"
