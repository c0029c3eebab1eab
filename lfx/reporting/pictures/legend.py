"""The legend below a picture: as many columns as fit, and the inches that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.reporting.pictures.lettering import LINE, shortened_names, widest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Inches: what stands before a name with the gap behind it, the edge above and below; lines a row.
_KEY, _EDGE, _SPREAD = 0.42, 0.2, 1.05
# With more rows, names are shortened for a further column, but not below some inches.
_MOST_ROWS, _SHORTEST = 12, 0.5


@dataclass(frozen=True)
class Legend:
    """Names in columns.

    Attributes:
        names: as they are shown.
        columns: the number of columns.
    """

    names: Sequence[str]
    columns: int

    @classmethod
    def of(cls, names: Sequence[str], width: float) -> Legend:
        """Return a legend for a picture.

        Args:
            names: one for each thing that is drawn.
            width: of the picture, in inches.
        """
        least = -(-len(names) // _MOST_ROWS) or 1
        short = shortened_names(names, max(_SHORTEST, (width - 2 * _KEY) / least - _KEY))
        columns = int((width - 0.1) // (widest(short) + _KEY))
        return cls(short, max(1, min(len(names), columns)))

    @property
    def height(self) -> float:
        """The height in inches; 0 without names."""
        rows = -(-len(self.names) // self.columns)
        return rows * LINE * _SPREAD + _EDGE if rows else 0.0

    def draw(self, figure: Figure, handles: Sequence[Any]) -> None:
        """Draw it below everything else, a handle for each name."""
        if self.names:
            figure.legend(
                handles,
                self.names,
                loc="outside lower center",
                ncols=self.columns,
                handlelength=1.8,
                handletextpad=0.5,
                columnspacing=1.0,
                labelspacing=0.25,
                borderpad=0.2,
            )
