"""The frame of all pictures: a figure without a screen, written as a PNG, atomically."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.figure import Figure


# The largest number of names along an axis: more are not readable and take matplotlib minutes.
MOST_NAMES = 60


def name_positions(names: Sequence[str]) -> tuple[list[int], list[str]]:
    """Return the positions along an axis that get a name, and the names: all, or every n-th."""
    step = -(-len(names) // MOST_NAMES)
    return list(range(0, len(names), step)), list(names[::step])


@contextmanager
def drawing(file: Path, width: float, height: float) -> Iterator[Figure]:
    """Yield a figure, which is written as a PNG when the block ends without an error.

    Args:
        file: path of the PNG.
        width: width in inches.
        height: height in inches.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        # Names of classes and tweets are not formulas, and no font has all of their letters.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=r"Matplotlib currently does not support")
        figure = Figure(figsize=(width, height), dpi=110, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        yield figure
        with atomic_path(file) as part:
            # `savefig` would draw everything a second time for the layout.
            canvas.print_png(part)  # type: ignore[no-untyped-call]
