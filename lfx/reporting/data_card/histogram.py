"""A small histogram as SVG: it needs no script and no package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from lfx.reporting.data_card.quantiles import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.reporting.data_card.quantiles import Bin

_WIDTH, _HEIGHT, _GAP = 320, 90, 1
_SVG = Markup(
    '<svg class="histogram" viewBox="0 0 {} {}" role="img" aria-label="{}">{}'
    '<text x="0" y="{}">{}</text><text x="{}" y="{}" text-anchor="end">{}</text></svg>'
)
_BAR = Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>')
_TEXT_HEIGHT = 18


def draw_histogram(bins: Sequence[Bin], description: str) -> Markup:
    """Return a histogram; what it is called is escaped.

    Args:
        bins: from the smallest values on, at least one.
        description: what it shows, for those who do not see it.
    """
    highest = max(one.count for one in bins)
    width = _WIDTH / len(bins)
    bars = Markup("").join(
        _BAR.format(
            number * width,
            _HEIGHT * (1 - one.count / highest),
            max(width - _GAP, _GAP),
            _HEIGHT * one.count / highest,
            f"{_range(one)}: {one.count:,}",
        )
        for number, one in enumerate(bins)
    )
    below = _HEIGHT + _TEXT_HEIGHT - 4
    ends = (0, below, shown(bins[0].low)), (_WIDTH, below, shown(bins[-1].high))
    return _SVG.format(
        *(_WIDTH, _HEIGHT + _TEXT_HEIGHT, description, bars, ends[0][1], ends[0][2]), *ends[1]
    )


def _range(one: Bin) -> str:
    low, high = shown(one.low), shown(one.high)
    return low if low == high else f"{low} to {high}"
