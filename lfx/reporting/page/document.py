"""One HTML page of runs, in a single file that needs no network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lfx.data.samples import SampleTable
from lfx.reporting.page.charts import (
    COLOURS,
    Chart,
    learning_charts,
    library,
    require_charts,
)
from lfx.reporting.page.embedded import as_json, digest
from lfx.reporting.page.explorer import explorer_data, shown_first
from lfx.reporting.page.fusion_group import fusion_groups
from lfx.reporting.page.group_texts import group_texts
from lfx.reporting.page.html_table import HtmlTable
from lfx.reporting.page.learning import learning_curves
from lfx.reporting.page.origin import origins_of
from lfx.reporting.page.previews import preview_samples
from lfx.reporting.page.run_charts import model_charts, score_charts
from lfx.reporting.page.style import ASSETS, page_style
from lfx.reporting.table import Table
from lfx.runs.find import Run
from lfx.runtime.escaping import for_line
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.reporting.page.fusion_group import FusionGroup
    from lfx.reporting.page.previews import Previews

_SCRIPTS = ("samples.js", "tables.js", "charts.js", "backgrounds.js", "explorer.js", "cases.js")
_MOST_GROUPS = 4


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
    names = dict.fromkeys(group.data for group in groups)
    previews = {name: _previews(page, name, groups) for name in names}
    charts = _Charts()
    content = {
        "title": for_line(page.title),
        "subtitle": _subtitle(page.runs),
        "sentences": [for_line(sentence) for sentence in page.sentences],
        "tables": [HtmlTable.of(caption, table) for caption, table in page.tables.items()],
        "score_charts": charts.numbered(score_charts(page.runs)),
        "groups": [group_texts(group, groups, previews[group.data]) for group in groups],
        "learning_charts": charts.numbered(learning_charts(learning_curves(page.runs))),
        "model_charts": charts.numbered(model_charts(groups)),
        "origins": origins_of(page.runs),
    }
    data = {
        "colours-data": list(COLOURS),
        "charts-data": [chart.spec for chart in charts.all],
        "groups-data": [explorer_data(group) for group in groups],
        "previews-data": {name: {} if one is None else one.by_id for name, one in previews.items()},
    }
    # In an element's text, an end tag of the same element would end it, wherever it stands.
    scripts = [re.sub("</(script)", r"<\\/\1", text, flags=re.IGNORECASE) for text in _scripts()]
    html = (
        _environment()
        .get_template("page.html")
        .render(
            **content,
            sections=_sections(content),
            style=page_style(),
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
        loader=FileSystemLoader(ASSETS),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def _scripts() -> list[str]:
    return [library(), *((ASSETS / name).read_text(encoding="utf-8") for name in _SCRIPTS)]


def _chart_places(charts: Sequence[tuple[int, Chart]]) -> Markup:
    figure = Markup(
        "<div{}><h3>{}</h3>"
        '<div class="chart" data-chart="{}" role="figure" aria-label="{}"></div></div>\n'
    )
    return Markup("").join(
        figure.format(
            Markup(' class="wide"') if chart.is_wide else "",
            for_line(chart.title),
            number,
            for_line(chart.description),
        )
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


def _previews(page: Page, data: str, groups: Sequence[FusionGroup]) -> Previews | None:
    """Return previews of a data set's samples; None if the page has not got them."""
    if page.samples is None or data != page.data:
        return None
    ids = [name for group in groups if group.data == data for name in shown_first(group)]
    return preview_samples(page.samples, list(dict.fromkeys(ids)))
