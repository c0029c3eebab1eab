"""The frame of all pictures: a figure without a screen, as wide as a column, written atomically."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lfx.reporting.pictures.lettering import NAMES, NO_FONT, TEXT, wrapped
from lfx.runtime.figures import PNG, current_figures, files_to_write
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure


# Inches: a column of a paper, and two with the gap between them.
SINGLE, DOUBLE = 3.4, 7.0
# The largest number of classes of which all are listed or drawn as bars.
MOST_NAMES = 60
_DPI, _TITLE_LINE = 200, 0.17
# Without dates and names drawn by lot, the same picture is the same file.
_STYLE: Any = {
    "text.parse_math": False,
    "font.size": TEXT,
    "axes.titlesize": TEXT,
    "axes.labelsize": TEXT,
    "figure.titlesize": TEXT,
    "xtick.labelsize": NAMES,
    "ytick.labelsize": NAMES,
    "legend.fontsize": NAMES,
    "legend.frameon": False,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "grid.linewidth": 0.5,
    "grid.alpha": 0.3,
    "hatch.linewidth": 0.6,
    "svg.hashsalt": "lfx",
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
}
_WITHOUT_DATE = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def width_of(usual: float) -> float:
    """Return the width that a picture is drawn at, in inches: the user's, or its usual one."""
    width = current_figures().width
    return usual if width is None else width


@contextmanager
def drawing(file: Path, title: str, width: float, height: float) -> Iterator[Figure]:
    """Yield a figure, which is written when the block ends without an error.

    The title stands in the PNG alone: a paper says it in a caption.

    Args:
        file: path of the PNG; other formats that are asked for lie beside it.
        title: title of the picture.
        width: width in inches.
        height: height in inches, without the title.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=NO_FONT)
        lines = wrapped(title, 0.96 * width, TEXT, lines=2)
        figure = Figure(figsize=(width, height), dpi=_DPI, layout="constrained")
        FigureCanvasAgg(figure)
        yield figure
        for each in files_to_write(file):
            above = lines if each.suffix == f".{PNG}" else ""
            figure.suptitle(above)
            count = above.count("\n") + 1 if above else 0
            figure.set_size_inches(width, height + count * _TITLE_LINE)
            with atomic_path(each) as part:
                _print(figure, part, each.suffix[1:], title)


def _print(figure: Figure, part: Path, suffix: str, title: str) -> None:
    """Write a figure in one format; `savefig` would draw it a second time for the layout."""
    if suffix == PNG:
        figure.canvas.print_png(part)  # type: ignore[attr-defined]
        return
    from matplotlib.backends.backend_pdf import FigureCanvasPdf
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    before = figure.canvas
    canvas = FigureCanvasSVG(figure) if suffix == "svg" else FigureCanvasPdf(figure)
    metadata = {"Title": title, **_WITHOUT_DATE[suffix]}
    getattr(canvas, f"print_{suffix}")(part, metadata=metadata)
    figure.set_canvas(before)
