"""One HTML page of runs, in a single file that needs no network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lfx.data.samples import SampleTable
from lfx.evaluation.diversity import Diversity
from lfx.evaluation.reliability import reliability_bins
from lfx.evaluation.reported import reported_split
from lfx.reporting.estimates import Estimate
from lfx.reporting.page.charts import (
    COLOURS,
    Chart,
    agreement_chart,
    learning_charts,
    library,
    reliability_chart,
    require_charts,
    score_chart,
)
from lfx.reporting.page.embedded import as_json, digest
from lfx.reporting.page.explorer import explorer_data, shown_first
from lfx.reporting.page.fusion_group import fusion_groups
from lfx.reporting.page.html_table import HtmlTable
from lfx.reporting.page.learning import learning_curves
from lfx.reporting.page.origin import origins_of
from lfx.reporting.page.previews import Previews, preview_samples
from lfx.reporting.table import Table
from lfx.runs.find import Run
from lfx.runtime.escaping import for_line
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from lfx.reporting.page.fusion_group import FusionGroup

_ASSETS = Path(__file__).parent / "assets"
_SCRIPTS = ("samples.js", "tables.js", "charts.js", "backgrounds.js", "explorer.js", "cases.js")
_MOST_GROUPS = 4
_MOST_SCORES = 40
_MOST_MODELS = 6


@dataclass(frozen=True)
class Page:
    """What a page shows.

    Attributes:
        title: its heading.
        tables: caption → table.
        runs: the runs that it is of.
        sentences: the verdict.
        samples: the samples of the data set, whose contents the case browser shows; None: ids and
            probabilities alone.
        data: the name of that data set.
    """

    title: str
    tables: Mapping[str, Table]
    runs: Sequence[Run]
    sentences: Sequence[str] = ()
    samples: SampleTable | None = None
    data: str | None = None


@dataclass
class _Charts:
    """Charts in the order of the page, which refers to them by number."""

    all: list[Chart] = field(default_factory=list)

    def numbered(self, charts: Sequence[Chart]) -> list[tuple[int, Chart]]:
        first = len(self.all)
        self.all += charts
        return list(enumerate(charts, start=first))


def write_page(page: Page, file: Path) -> Path:
    """Write a page.

    Args:
        page: what it shows.
        file: path of the HTML file.

    Returns:
        The path.

    Raises:
        ConfigError: the packages that draw charts are not installed.
    """
    require_charts()
    groups = fusion_groups(page.runs, _MOST_GROUPS)
    shown = dict.fromkeys(group.data for group in groups)
    previews = {data: _previews(page, data, groups) for data in shown}
    charts = _Charts()
    content = {
        "title": for_line(page.title),
        "subtitle": _subtitle(page.runs),
        "sentences": [for_line(sentence) for sentence in page.sentences],
        "tables": [HtmlTable.of(caption, table) for caption, table in page.tables.items()],
        "score_charts": charts.numbered(_score_charts(page.runs)),
        "groups": [_described(group, groups, previews[group.data], page) for group in groups],
        "learning_charts": charts.numbered(learning_charts(learning_curves(page.runs))),
        "model_charts": charts.numbered([chart for one in groups for chart in _model_charts(one)]),
        "origins": origins_of(page.runs),
    }
    data = {
        "colours-data": list(COLOURS),
        "charts-data": [chart.spec for chart in charts.all],
        "groups-data": [explorer_data(group) for group in groups],
        "previews-data": {name: one.by_id for name, one in previews.items()},
    }
    # In an element's text, an end tag of the same element would end it, wherever it stands.
    scripts = [re.sub("</(script)", r"<\\/\1", text, flags=re.IGNORECASE) for text in _scripts()]
    html = (
        _environment()
        .get_template("page.html")
        .render(
            **content,
            sections=_sections(content),
            style=Markup((_ASSETS / "page.css").read_text(encoding="utf-8")),  # noqa: S704, our own
            policy=" ".join(map(digest, scripts)),
            data=[(name, Markup(as_json(value))) for name, value in data.items()],  # noqa: S704, escaped
            scripts=[Markup(script) for script in scripts],  # noqa: S704, our own
            charts=_chart_places,
        )
    )
    with atomic_path(file) as part:
        part.write_text(html, encoding="utf-8", errors="replace")
    return file


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def _scripts() -> list[str]:
    return [library(), *((_ASSETS / name).read_text(encoding="utf-8") for name in _SCRIPTS)]


def _chart_places(charts: Sequence[tuple[int, Chart]]) -> Markup:
    figure = Markup(
        "<div><h3>{}</h3>"
        '<div class="chart" data-chart="{}" role="figure" aria-label="{}"></div></div>\n'
    )
    return Markup("").join(
        figure.format(for_line(chart.title), number, for_line(chart.description))
        for number, chart in charts
    )


def _subtitle(runs: Sequence[Run]) -> str:
    data = sorted({run.data for run in runs})
    newest = max((run.started for run in runs), default="")[:19].replace("T", " ")
    return for_line(f"data: {', '.join(data)}; {len(runs)} runs, the newest of {newest} UTC")


def _sections(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    sections = [("Verdict", "verdict")] if content["sentences"] else []
    sections.append(("Results", "results"))
    for number, described in enumerate(content["groups"]):
        sections += [
            (f"Weights{described['suffix']}", f"explorer-of-{number}"),
            (f"Cases{described['suffix']}", f"cases-of-{number}"),
        ]
    sections += [("Learning curves", "learning")] if content["learning_charts"] else []
    sections += [("Calibration and agreement", "models")] if content["model_charts"] else []
    return [*sections, ("What made it", "origin")]


def _score_charts(runs: Sequence[Run]) -> list[Chart]:
    """Return a chart of accuracy for each data set."""
    charts = []
    for data in dict.fromkeys(run.data for run in runs):
        rows = []
        of_data = [run for run in runs if run.data == data]
        split = reported_split({name for run in of_data for name in run.splits})
        for run in of_data:
            metrics = run.metrics.get(split or "", {})
            if "accuracy" not in metrics:
                continue
            score = Estimate.of(metrics, "accuracy")
            low, high = score.interval or (score.value, score.value)
            rows.append((run, score.value, low, high, int(metrics["support"])))
        titles = _distinct([for_line(run.name) for run, *_ in rows])
        shown = [(title, *row[1:]) for title, row in zip(titles, rows, strict=True)]
        if len(shown) > 1:
            charts.append(score_chart(f"accuracy on {split} of {data}", shown[:_MOST_SCORES]))
    return charts


def _distinct(names: Sequence[str]) -> list[str]:
    """Number names that occur more than once."""
    counts: dict[str, int] = {}
    found = []
    for name in names:
        counts[name] = counts.get(name, 0) + 1
        found.append(name if names.count(name) == 1 else f"{name} ({counts[name]})")
    return found


def _previews(page: Page, data: str, groups: Sequence[FusionGroup]) -> Previews:
    if page.samples is None or data != page.data:
        return Previews()
    ids = [name for group in groups if group.data == data for name in shown_first(group)]
    return preview_samples(page.samples, list(dict.fromkeys(ids)))


def _described(
    group: FusionGroup, groups: Sequence[FusionGroup], previews: Previews, page: Page
) -> dict[str, Any]:
    """Return the texts around an explorer."""
    names = " + ".join(group.joined.names)
    suffix = f" of {names} on {group.data}" if len(groups) > 1 else ""
    seeds = sorted({origin.seed for origin in group.joined.origins})
    members = f"{names} on {group.data}, seed {', '.join(map(str, seeds))}"
    notes = [
        f"{count} of {count + len(group.rows[split])} {split} samples are left out, at random: the "
        "page has no room for them"
        for split, count in group.left_out.items()
    ]
    others = [fusion.title for fusion in group.fusions if fusion.weights is None]
    if others:
        notes.append(
            "no weighted mean of the members' probabilities, so no point of this explorer: "
            + ", ".join(others)
        )
    fitted = next(iter(group.rows))
    if fitted != group.reported and any(fusion.weights is not None for fusion in group.fusions):
        notes.append(
            f"lfx.fuse scores {fitted} by cross-fitting, each part by weights that were found "
            f"without it; here one weighting is applied to all of {fitted}"
        )
    lacking = {name: counts for name, counts in group.joined.missing().items() if counts}
    if lacking:
        notes.append("where a member lacks a sample, the others share its weight in proportion")
    case_notes = list(previews.notes)
    if page.samples is None or group.data != page.data:
        case_notes.append("data=… (and data.root=…) adds texts, pictures and sounds")
    return {
        "suffix": for_line(suffix),
        "members": for_line(members),
        "notes": [for_line(note) for note in notes],
        "case_notes": [for_line(note) for note in case_notes],
    }


def _model_charts(group: FusionGroup) -> list[Chart]:
    """Return reliability and agreement of members and fusions, on the samples that all have."""
    rows = group.rows[group.reported]
    kept = group.joined.complete[rows]
    for fusion in group.fusions:
        kept &= ~np.isnan(fusion.probabilities[rows, 0])
    rows = rows[kept]
    if not len(rows):
        return []
    labels = group.joined.label[rows].astype(np.int64)
    models = dict(zip(group.joined.names, group.probabilities[:, rows], strict=True))
    titles = _distinct([fusion.title for fusion in group.fusions])
    for title, fusion in zip(titles, group.fusions, strict=True):
        models.setdefault(title, fusion.probabilities[rows].astype(np.float64))
    names = list(models)[:_MOST_SCORES]
    predicted = {name: models[name].argmax(axis=1) for name in names}
    kappas = {
        (one, other): Diversity.of(predicted[one], predicted[other], labels).kappa
        for one, other in combinations(names, 2)
    }
    charts = [
        reliability_chart(name, reliability_bins(models[name], labels))
        for name in names[: max(_MOST_MODELS, len(group.joined.names) + 1)]
    ]
    return [*charts, agreement_chart(names, kappas)] if len(names) > 1 else charts
