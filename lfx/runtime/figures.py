"""The settings of a command's pictures, and what they are while it runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Interval

from lfx.runtime.settings import value_problems

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PNG = "png"
_FORMATS = (PNG, "svg", "pdf")
# Inches: names and numbers of 7 points need two of them, and no page is wider than the other.
_Width = Annotated[float, Interval(ge=2, le=20)]


@dataclass
class Figures:
    """The formats and the width of pictures.

    Example:
        >>> Figures(formats=["pdf"], width=1).problems()[0]
        'figures.formats: allowed are some of png, svg, pdf, each once, and always png; got pdf'
    """

    # PNG, and what is written beside it for a paper: some of svg and pdf.
    formats: list[str] = field(default_factory=lambda: [PNG])
    # Inches; null: each picture is as wide as a column of a paper (3.4), or as two (7).
    width: float | None = None

    def problems(self) -> list[str]:
        """Return the problems of these settings."""
        problems = value_problems("figures.width", self.width, _Width | None)
        given = set(map(str, self.formats))
        if PNG in given <= set(_FORMATS) and len(given) == len(self.formats):
            return problems
        allowed = f"some of {', '.join(_FORMATS)}, each once, and always {PNG}"
        got = ", ".join(map(str, self.formats)) or "none"
        return [f"figures.formats: allowed are {allowed}; got {got}", *problems]


_current: ContextVar[Figures | None] = ContextVar("figures", default=None)


def current_figures() -> Figures:
    """Return the settings of the command that runs; outside of one, the defaults."""
    return _current.get() or Figures()


def figures_or(settings: Mapping[str, Any]) -> Figures:
    """Return the settings of the command that runs; outside of one, those of an earlier command.

    Args:
        settings: the earlier command's, from a file: what is not allowed there is ignored.
    """
    section = settings.get("figures")
    if _current.get() is not None or not isinstance(section, Mapping):
        return current_figures()
    formats, width = section.get("formats"), section.get("width")
    figures = Figures(formats if isinstance(formats, list) else [PNG], width)
    return current_figures() if figures.problems() else figures


@contextmanager
def figures_as(figures: Figures) -> Iterator[None]:
    """Let pictures that are drawn within the block have these settings."""
    token = _current.set(figures)
    try:
        yield
    finally:
        _current.reset(token)


def picture_files(file: Path) -> list[Path]:
    """Return the files of a picture that exist, in all formats.

    Args:
        file: its PNG.
    """
    files = (file.with_suffix(f".{suffix}") for suffix in _FORMATS)
    return [each for each in files if each.is_file()]


def files_to_write(file: Path) -> list[Path]:
    """Return the files of a picture: those that are asked for, and those of an earlier drawing.

    So no file shows something else than the others.

    Args:
        file: its PNG.
    """
    asked = current_figures().formats
    files = {suffix: file.with_suffix(f".{suffix}") for suffix in _FORMATS}
    return [each for suffix, each in files.items() if suffix in asked or each.is_file()]


def remove_picture(file: Path) -> None:
    """Remove a picture of an earlier run, in all formats.

    Args:
        file: its PNG.
    """
    for each in picture_files(file):
        each.unlink()
