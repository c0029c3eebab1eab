"""The section `figures`, of every command that draws pictures."""

from __future__ import annotations

from dataclasses import dataclass, field

from lfx.runtime.figures import Figures


@dataclass
class WithFigures:
    """Commands that draw pictures."""

    # The pictures: figures.formats=[png,svg,pdf] writes SVG and PDF beside PNG, figures.width=3.5
    # makes all as wide, in inches; null: as a column of a paper (3.4), or as two (7).
    figures: Figures = field(default_factory=Figures)
