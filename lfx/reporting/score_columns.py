"""Columns of scores, shared by most tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.data.split_names import REPORTED
from lfx.evaluation.reported import COMPLETE, UNSEEN, reported_split
from lfx.evaluation.scores import SCORES, printed, title_of
from lfx.reporting.estimates import SCORE, SCORE_ALONE, Estimate
from lfx.reporting.incomplete import COMPARABLE, score_lines
from lfx.reporting.table import COUNT, CSV, EVERYWHERE, Column, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_LEAKY = "LEAKY: fitted on the reported split"


def score_columns(
    splits: Sequence[str],
    scores: Sequence[str],
    *,
    counted: bool = True,
    kept: str = "",
    unseen: Collection[str] = (),
) -> list[Column]:
    """Return a column for each score of each split.

    The reported split's scores are shown with their intervals; of other splits these are in a CSV.

    Args:
        splits: names of the splits.
        scores: keys of the scores; those that are not printed are columns of a CSV only.
        counted: whether a column before each split's scores has its number of samples.
        kept: the score that every terminal shows, `SPLIT/SCORE`.
        unseen: the splits of which some line has near duplicates of what was fitted on; these have
            a second set of columns, of the other samples.
    """
    columns = []
    reported = reported_split(splits)
    for split, part in _parts(splits, unseen):
        title = f"{split} {part}".strip()
        is_reported = split == reported
        # On a narrow terminal, the last scores are left out first, and other splits before them.
        later = 0 if is_reported else len(scores)
        spares = [
            0 if f"{title}/{score}" == kept else later + index for index, score in enumerate(scores)
        ]
        shown = SCORE if is_reported else SCORE_ALONE
        columns += [Column(f"{title} n", COUNT, spare=min(spares, default=0))] if counted else []
        for spare, score in zip(spares, scores, strict=True):
            is_asked_for = score == kept.partition("/")[2]
            is_hidden = score in SCORES and not SCORES[score].printed and not is_asked_for
            where = frozenset({CSV}) if is_hidden and counted else EVERYWHERE
            columns.append(Column(f"{title} {title_of(score)}", shown, where, spare))
    return columns


def score_cells(
    metrics: Mapping[str, Any],
    splits: Sequence[str],
    scores: Sequence[str],
    *,
    counted: bool = True,
    unseen: Collection[str] = (),
) -> list[Any]:
    """Return the cells of `score_columns`; None for a missing split or score."""
    cells: list[Any] = []
    for split, part in _parts(splits, unseen):
        of_split = metrics.get(split, {})
        # Where nothing was fitted on near duplicates, all samples are unseen.
        of_part = of_split.get(UNSEEN, of_split) if part else of_split
        cells += [of_part.get("support")] if counted else []
        cells += [Estimate.of(of_part, key) if key in of_part else None for key in scores]
    return cells


def unseen_splits(*all_metrics: Mapping[str, Any]) -> list[str]:
    """Return the splits of which a line has near duplicates of what its model was fitted on."""
    return [
        split
        for split in splits_of(*all_metrics)
        if any(UNSEEN in metrics.get(split, {}) for metrics in all_metrics)
    ]


def _parts(splits: Sequence[str], unseen: Collection[str]) -> list[tuple[str, str]]:
    """Return splits and, of some of them, also their unseen part."""
    return [
        (split, part) for split in splits for part in (("", UNSEEN) if split in unseen else ("",))
    ]


def splits_of(*all_metrics: Mapping[str, Any]) -> list[str]:
    """Return the splits that any of these metrics have."""
    return [split for split in REPORTED if any(split in metrics for metrics in all_metrics)]


def titled(name: str, metrics: Mapping[str, Any]) -> str:
    """Return a run's name, marked if its weights were fitted on the reported split."""
    return f"{name} ({_LEAKY})" if metrics.get("leaky") else name


def with_printed(score: str) -> list[str]:
    """Return the keys of the scores that every table prints, and of one more."""
    return list(dict.fromkeys([*printed(), *filter(None, [score])]))


def print_scores(
    metrics: Mapping[str, Mapping[str, Any]], kept: str = "", notes: Sequence[str] = ()
) -> None:
    """Print a table of scores.

    Args:
        metrics: name -> content of `metrics.json`.
        kept: a score that is printed in any case, `SPLIT/SCORE`, such as the objective.
        notes: sentences below the table.
    """
    scores = with_printed(kept.partition("/")[2])
    lines = {
        titled(name, content) + suffix: line
        for name, content in metrics.items()
        for suffix, line in score_lines(content).items()
    }
    splits, unseen = splits_of(*lines.values()), unseen_splits(*lines.values())
    rows = [
        [title, *score_cells(line, splits, scores, unseen=unseen)] for title, line in lines.items()
    ]
    if any(COMPLETE in content for content in metrics.values()):
        notes = [*notes, COMPARABLE]
    columns = score_columns(splits, scores, kept=kept, unseen=unseen)
    Table([Column("", least=16), *columns], rows, [*notes, *table_notes(splits, unseen)]).print()


def table_notes(splits: Sequence[str], unseen: Collection[str] = ()) -> list[str]:
    """Return what the brackets and the columns of unseen samples mean."""
    notes = [f"[…]: 95 % interval, of {reported_split(splits)}"] if splits else []
    if unseen:
        notes.append(
            "unseen: without samples of which a near duplicate was among those that a model, or "
            "the fusion, was fitted on; their n may differ between lines"
        )
    return notes
