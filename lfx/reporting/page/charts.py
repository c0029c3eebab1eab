"""Charts of a page, as Vega-Lite specifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lfx.runtime.errors import ConfigError
from lfx.runtime.versions import how_to_install

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.evaluation.reliability import ReliabilityBin

# Okabe and Ito's colours, which colour-blind readers can tell apart, without black.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_ROW = 26
_MOST_WITH_NUMBERS = 12


@dataclass(frozen=True)
class Chart:
    """A chart.

    Attributes:
        title: the heading above it.
        description: what it shows, for those who do not see it.
        spec: its Vega-Lite specification.
        is_wide: whether it takes a line of its own among smaller ones.
    """

    title: str
    description: str
    spec: Mapping[str, Any]
    is_wide: bool = False


def require_charts() -> None:
    """Refuse a page without the packages that draw its charts.

    Raises:
        ConfigError: they are not installed.
    """
    try:
        import altair as alt  # noqa: F401
        import vl_convert  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            f"html=true draws charts with {error.name}, which is not installed; "
            f"{how_to_install('html')}"
        ) from error


@cache
def library() -> str:
    """Return the JavaScript of Vega, Vega-Lite and Vega-Embed, as `window.vegaEmbed`."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def _chart(values: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.Chart({"values": list(values)})


def score_chart(score: str, rows: Sequence[tuple[str, float, float, float, int]]) -> Chart:
    """Return models' scores with their intervals.

    Args:
        score: the score's title.
        rows: name, value, lower and upper bound, and number of samples.
    """
    import altair as alt

    names = [row[0] for row in rows]
    values = [
        {"name": name, "value": value, "low": low, "high": high, "n": n}
        for name, value, low, high, n in rows
    ]
    y = alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=260))
    tooltip = [
        alt.Tooltip("name:N", title="name"),
        alt.Tooltip("value:Q", title=score, format=".3f"),
        alt.Tooltip("low:Q", title="low", format=".3f"),
        alt.Tooltip("high:Q", title="high", format=".3f"),
        alt.Tooltip("n:Q", title="n"),
    ]
    scale = alt.Scale(zero=False, nice=True)
    base = _chart(values).encode(y=y, tooltip=tooltip)
    rule = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=score, scale=scale), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=70, opacity=1).encode(x=alt.X("value:Q", scale=scale))
    chart = (rule + dot).properties(width="container", height=_ROW * len(rows))
    described = "; ".join(
        f"{row[0]} {row[1]:.3f} ({row[2]:.3f} to {row[3]:.3f})" for row in rows[:8]
    )
    return Chart(score, f"{score} with 95 % intervals: {described}", chart.to_dict())


def learning_charts(points: Sequence[Mapping[str, Any]]) -> list[Chart]:
    """Return a chart of losses and one of each validated score, over epochs.

    Args:
        points: as `learning_curves` returns them.
    """
    by_title: dict[str, list[dict[str, Any]]] = {}
    for point in points:
        split, _, name = str(point["quantity"]).partition("/")
        if split not in {"train", "val"} or not name:
            continue
        title = "loss" if name == "loss" else f"val {name}"
        if title == "loss" or split == "val":
            by_title.setdefault(title, []).append({**point, "split": split})
    return [
        _lines(title, by_title[title])
        for title in sorted(by_title, key=lambda name: (name != "loss", name))
    ]


def _lines(title: str, points: Sequence[Mapping[str, Any]]) -> Chart:
    import altair as alt

    runs = list(dict.fromkeys(str(point["run"]) for point in points))
    splits = sorted({str(point["split"]) for point in points}, reverse=True)
    chosen = alt.selection_point(fields=["run"], bind="legend")
    encoding: dict[str, Any] = {
        "x": alt.X("epoch:Q", title="epoch", axis=alt.Axis(tickMinStep=1, format="d")),
        "y": alt.Y("value:Q", title=title, scale=alt.Scale(zero=False)),
        "color": alt.Color("run:N", sort=runs, title=None, legend=_legend(runs)),
        "opacity": alt.condition(chosen, alt.value(1), alt.value(0.12)),
        "tooltip": ["run:N", "split:N", "epoch:Q", alt.Tooltip("value:Q", format=".4f")],
    }
    if len(splits) > 1:
        encoding["strokeDash"] = alt.StrokeDash(
            "split:N", sort=splits, title=None, legend=alt.Legend(orient="top")
        )
    chart = (
        _chart(points)
        .mark_line(point=True)
        .encode(**encoding)
        .properties(width="container", height=240)
        .add_params(chosen)
    )
    return Chart(title, f"{title} over epochs of {', '.join(runs[:8])}", chart.to_dict())


def _legend(names: Sequence[str]) -> Any:
    import altair as alt

    return alt.Legend(orient="bottom", columns=2 if len(names) > 1 else 1, labelLimit=240)


def reliability_chart(model: str, bins: Sequence[ReliabilityBin]) -> Chart:
    """Return how often a model is right at each confidence, with 95 % intervals.

    Args:
        model: its name.
        bins: from the least confident one.
    """
    import altair as alt

    values = [
        {
            "confidence": round(one.confidence, 4),
            "accuracy": round(one.accuracy, 4),
            "low": round(one.interval.low, 4),
            "high": round(one.interval.high, 4),
            "n": one.samples,
        }
        for one in bins
    ]
    scale = alt.Scale(domain=[0, 1])
    tooltip = ["confidence:Q", "accuracy:Q", "low:Q", "high:Q", "n:Q"]
    base = _chart(values).encode(
        x=alt.X("confidence:Q", title="mean confidence", scale=scale), tooltip=tooltip
    )
    rules = base.mark_rule().encode(y=alt.Y("low:Q", title="accuracy", scale=scale), y2="high:Q")
    dots = base.mark_line(point=True).encode(y=alt.Y("accuracy:Q", scale=scale))
    diagonal = (
        _chart([{"at": 0}, {"at": 1}])
        .mark_line(strokeDash=[4, 4], color="gray")
        .encode(x=alt.X("at:Q"), y=alt.Y("at:Q"))
    )
    chart = (diagonal + rules + dots).properties(width="container", height=220)
    text = f"how often {model} is right at each confidence; on the diagonal it is calibrated"
    return Chart(f"reliability of {model}", text, chart.to_dict())


def agreement_chart(
    title: str, names: Sequence[str], kappas: Mapping[tuple[str, str], float]
) -> Chart:
    """Return Cohen's kappa of each pair of models.

    Args:
        title: the heading.
        names: of the models.
        kappas: first and second name → kappa, of each pair once.
    """
    import altair as alt

    values = [
        {"one": one, "other": other, "kappa": round(kappa, 3)}
        for pair, kappa in kappas.items()
        for one, other in (pair, pair[::-1])
    ]
    axis = alt.Axis(labelLimit=200, labelAngle=-40)
    base = _chart(values).encode(
        x=alt.X("one:N", sort=list(names), title=None, axis=axis),
        y=alt.Y("other:N", sort=list(names), title=None, axis=alt.Axis(labelLimit=200)),
        tooltip=["one:N", "other:N", "kappa:Q"],
    )
    cells = base.mark_rect().encode(
        color=alt.Color("kappa:Q", title="kappa", scale=alt.Scale(scheme="blues", domain=[0, 1]))
    )
    chart = cells
    if len(names) <= _MOST_WITH_NUMBERS:
        light = alt.condition("datum.kappa > 0.55", alt.value("white"), alt.value("black"))
        chart = cells + base.mark_text().encode(text=alt.Text("kappa:Q", format=".2f"), color=light)
    chart = chart.properties(width="container", height=max(120, _ROW * len(names)))
    return Chart(title, "Cohen's kappa of each pair of models", chart.to_dict(), is_wide=True)
