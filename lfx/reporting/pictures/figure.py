"""What all pictures share: a figure without a screen, and a PNG that is whole or absent."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure


@contextmanager
def drawing(file: Path, width: float, height: float) -> Iterator[Figure]:
    """Give a figure to draw on, which becomes a PNG when the block ends without an error.

    Args:
        file: where to.
        width: in inches.
        height: in inches.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        # Users' names of classes and tweets are no formulas, and no font has all of their letters.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        warnings.filterwarnings("ignore", message=r"Matplotlib currently does not support")
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        with atomic_path(file) as part:
            figure.savefig(part, format="png", dpi=110)
