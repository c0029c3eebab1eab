"""Results as a table: in the terminal, as CSV, as Markdown."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lfx.evaluation.scores import SCORES, printed, title_of
from lfx.reporting.rows import write_rows
from lfx.runtime.escaping import for_markdown, for_terminal
from lfx.runtime.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from lfx.reporting.runs import Run

SPLITS = ("val", "oof", "test", "predict")
# Of ISO 8601.
_TO_SECONDS, _TO_MILLISECONDS = 19, 23
_LEAKY = "LEAKY: fitted on the reported split"


def print_scores(metrics: Mapping[str, Mapping[str, Any]]) -> None:
    """Print what one run reached.

    Args:
        metrics: name -> content of `metrics.json`.
    """
    splits = [split for split in SPLITS if any(split in content for content in metrics.values())]
    header = ["", *_score_header(splits, printed())]
    rows = [
        [titled(name, content), *_scores(content, splits, printed())]
        for name, content in metrics.items()
    ]
    print_table(header, rows, 1)


def print_runs(runs: Sequence[Run]) -> None:
    """Print runs as one table."""
    header, rows = run_rows(runs)
    print_table(header, rows, _LEADING)


def write_runs(runs: Sequence[Run], folder: Path) -> tuple[Path, Path]:
    """Write runs as `report.csv`, with all digits, and `report.md`.

    Returns:
        The two files.
    """
    header, rows = run_rows(runs, tuple(SCORES), digits=None)
    header += ["started", "run"]
    rows = [[*row, run.started, str(run.folder)] for row, run in zip(rows, runs, strict=True)]
    write_rows(folder / "report.csv", header, rows)
    header, rows = run_rows(runs)
    with atomic_path(folder / "report.md") as part:
        part.write_text(markdown(header, rows, _LEADING), encoding="utf-8")
    return folder / "report.csv", folder / "report.md"


def markdown(header: Sequence[str], rows: Sequence[Sequence[str]], leading: int) -> str:
    """Give a table in Markdown; the columns after the leading ones hold numbers."""
    below = ["---"] * leading + ["---:"] * (len(header) - leading)
    first, *others = [[for_markdown(cell) for cell in cells] for cells in (header, *rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (first, below, *others)) + "\n"


# Columns before the numbers: data, name, model, seed.
_LEADING = 4


def run_rows(
    runs: Sequence[Run], scores: Sequence[str] | None = None, digits: int | None = 3
) -> tuple[list[str], list[list[str]]]:
    """Lay runs out in rows.

    Args:
        runs: one row each.
        scores: keys of the scores that get columns; None: those of printed tables.
        digits: after the decimal point; None: all.

    Returns:
        The header and the rows. A split that no run has gets no columns.
    """
    splits = [split for split in SPLITS if any(split in run.metrics for run in runs)]
    scores = printed() if scores is None else scores
    header = ["data", "name", "model", "seed", *_score_header(splits, scores)]
    rows = [
        [
            run.data,
            titled(" ".join([run.name, *told]), run.metrics),
            run.model,
            str(run.seed),
            *_scores(run.metrics, splits, scores, digits),
        ]
        for run, told in zip(runs, told_apart(runs), strict=True)
    ]
    return header, rows


def told_apart(runs: Sequence[Run]) -> list[list[str]]:
    """Give what has to stand beside each run's name where several runs share it.

    The overrides that not all of them have and that shape the result; the time as well where these
    do not do.
    """
    alike: dict[tuple[object, ...], list[Run]] = {}
    for run in runs:
        alike.setdefault((run.data, run.stage, run.name, run.model, run.seed), []).append(run)
    told: dict[int, list[str]] = {}
    for group in alike.values():
        shared = set.intersection(*(set(run.overrides) for run in group))
        own = {
            id(run): [text for text in run.overrides if text not in shared and not _passes(text)]
            for run in group
        }
        counts = Counter(tuple(texts) for texts in own.values())
        seconds = Counter(run.started[:_TO_SECONDS] for run in group)
        for run in group:
            texts, time = own[id(run)], run.started[:_TO_SECONDS]
            if seconds[time] > 1:
                time = run.started[:_TO_MILLISECONDS]
            ambiguous = counts[tuple(texts)] > 1
            told[id(run)] = [*texts, f"({time})"] if ambiguous else texts
    return [told[id(run)] for run in runs]


def _passes(override: str) -> bool:
    """Say whether it tells where a run resumed or logged, and nothing about its result."""
    return override.partition("=")[0].partition(".")[0] in {"ckpt", "logger"}


def titled(name: str, metrics: Mapping[str, Any]) -> str:
    """Give a run's name, and say so where its weights were fitted on the reported split."""
    return f"{name} ({_LEAKY})" if metrics.get("leaky") else name


def _score_header(splits: Sequence[str], scores: Sequence[str]) -> list[str]:
    return [
        title
        for split in splits
        for title in (f"{split} n", *(f"{split} {title_of(score)}" for score in scores))
    ]


def _scores(
    metrics: Mapping[str, Any],
    splits: Sequence[str],
    scores: Sequence[str],
    digits: int | None = 3,
) -> list[str]:
    cells = []
    for split in splits:
        own = metrics.get(split)
        if own is None:
            cells += [""] * (1 + len(scores))
            continue
        cells.append(str(own.get("support", "")))
        for number in (own.get(key) for key in scores):
            shown = str(number) if digits is None else f"{number or 0:.{digits}f}"
            cells.append("" if number is None else shown)
    return cells


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]], leading: int) -> None:
    """Print a table.

    Args:
        header: the columns' titles.
        rows: their cells.
        leading: how many columns hold names; the others hold numbers.
    """
    # A pipe has no width of its own, and a table that is folded cannot be read by a program.
    console = Console(width=None if sys.stdout.isatty() else 200)
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for place, title in enumerate(header):
        # A title's words stand above each other: the columns stay as narrow as their numbers.
        shown = Text(for_terminal(title).replace(" ", "\n"))
        table.add_column(shown, justify="left" if place < leading else "right", overflow="fold")
    for row in rows:
        # A name may hold what looks like markup.
        table.add_row(*(Text(for_terminal(cell)) for cell in row))
    console.print(table)
