"""Summarise runs that differ only in seed or fold: mean and standard deviation."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from lfx.data.split_names import REPORTED
from lfx.evaluation.repeated import RepeatedDifference, corrected_resampled_t
from lfx.evaluation.scores import SCORES
from lfx.reporting.incomplete import COMPLETE_ROWS, score_lines
from lfx.reporting.run_table import counts_differ, run_differences
from lfx.reporting.score_columns import splits_of, titled
from lfx.reporting.train_counts import train_samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lfx.runs.find import Run

# Overrides that do not distinguish kinds of runs.
_LEAST_PAIRS = 2
_IGNORED = ("seed=", "data.fold=", "ckpt=", "logger=", "experiment=")


@dataclass(frozen=True)
class Row:
    """One kind of run over its seeds and folds, or the paired difference of two kinds.

    Attributes:
        data: the data set's name.
        title: the run's name and the overrides that distinguish it.
        model: its encoder or members.
        runs: the number of runs.
        scores: split -> score -> (mean, standard deviation); the deviation of a single run is NaN.
        samples: split -> the least and the largest number of samples of a run.
        counted: whether a table has to show these numbers, because others differ from them.
        tests: of a difference: split -> score -> the corrected resampled t-test over the pairs.
    """

    data: str
    title: str
    model: str
    runs: int
    scores: Mapping[str, Mapping[str, tuple[float, float]]]
    samples: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    counted: bool = False
    tests: Mapping[str, Mapping[str, RepeatedDifference]] = field(default_factory=dict)


def group_by_seed(runs: Sequence[Run]) -> list[list[Run]]:
    """Group runs that differ only in seed, fold, and settings that follow from them.

    Args:
        runs: oldest first; of several with the same seed and fold the newest is taken.

    Returns:
        One list for each kind of run, in the order of their first runs.
    """
    kinds: dict[tuple[object, ...], dict[tuple[int, int | None], Run]] = {}
    for run in runs:
        key = (run.data, run.stage, run.name, run.model, run.kind, run.fold is None)
        kinds.setdefault(key, {})[run.seed, run.fold] = run
    return [list(group.values()) for group in kinds.values()]


def seed_rows(groups: Sequence[Sequence[Run]]) -> list[Row]:
    """Average over seeds and folds, and compare with the first kind of the same stage and data.

    Args:
        groups: the groups of `group_by_seed`.

    Returns:
        A row per kind; then, for each kind that shares two or more seeds or folds with the first
        kind, a row of the mean difference over the pairs with the same split.
    """
    # The seed must not distinguish the first runs of the groups.
    firsts = [replace(group[0], seed=0) for group in groups]
    titles = [
        titled(
            " ".join([run.name, *(text for text in texts if not text.startswith(_IGNORED))]),
            {"leaky": any(other.leaky for other in group)},
        )
        for run, texts, group in zip(firsts, run_differences(firsts), groups, strict=True)
    ]
    counted = counts_differ([run for group in groups for run in group])
    rows = [
        _row(group, title + suffix, lines, counted=counted)
        for group, title in zip(groups, titles, strict=True)
        for suffix, lines in _lines(group).items()
    ]
    bases: dict[tuple[str, str], tuple[str, Sequence[Run]]] = {}
    for group, title in zip(groups, titles, strict=True):
        base_title, base = bases.setdefault((group[0].data, group[0].stage), (title, group))
        if group is not base:
            for suffix, lines in _lines(group).items():
                name = f"{title} - {base_title}{suffix}"
                rows += _difference(name, group, lines, base, suffix, counted=counted)
    return rows


Metrics = Mapping[str, Any]


def _lines(group: Sequence[Run]) -> dict[str, list[Metrics]]:
    """Return the lines of a kind: suffix of its title -> metrics of each run."""
    lines = [score_lines(run.metrics) for run in group]
    suffixes = dict.fromkeys(suffix for of_run in lines for suffix in of_run)
    if len(suffixes) > 1:  # a run in which nobody lacks a sample has the same metrics on both lines
        suffixes.pop("", None)
    return {
        suffix: [of_run.get(suffix, run.metrics) for of_run, run in zip(lines, group, strict=True)]
        for suffix in suffixes
    }


def _row(group: Sequence[Run], title: str, lines: Sequence[Metrics], *, counted: bool) -> Row:
    summary = _summarise(map(_scores, lines))
    samples = _samples(lines, summary)
    return Row(group[0].data, title, group[0].model, len(group), summary, samples, counted=counted)


def _samples(lines: Sequence[Metrics], splits: Iterable[str]) -> dict[str, tuple[int, int]]:
    """Return split -> the least and the largest number of samples."""
    counts = {
        split: [line[split]["support"] for line in lines if "support" in line.get(split, {})]
        for split in splits
    }
    return {split: (min(numbers), max(numbers)) for split, numbers in counts.items() if numbers}


def _difference(
    title: str,
    group: Sequence[Run],
    lines: Sequence[Metrics],
    base: Sequence[Run],
    suffix: str,
    *,
    counted: bool,
) -> list[Row]:
    """Return the row of the mean difference of a line and the same line of the first kind.

    Scores of other samples are not compared. There is no row of fewer than two pairs,
    which a standard deviation needs.
    """
    base_lines = _lines(base)
    beside = next(each for each in (suffix, "", COMPLETE_ROWS) if each in base_lines)
    pairs = [
        (line, base_line, () if COMPLETE_ROWS in {suffix, beside} else _others(run, other))
        for run, line in zip(group, lines, strict=True)
        for other, base_line in zip(base, base_lines[beside], strict=True)
        if (run.seed, run.fold) == (other.seed, other.fold)
        and run.split_fingerprint == other.split_fingerprint
    ]
    if len(pairs) < _LEAST_PAIRS:
        return []
    differing = [
        split
        for split in splits_of(*lines)
        if any(
            split in line
            and split in other
            and (line[split].get("support") != other[split].get("support") or split in of_others)
            for line, other, of_others in pairs
        )
    ]
    differences = [
        {
            split: of_split
            for split, of_split in _subtract(_scores(line), _scores(other)).items()
            if split not in differing
        }
        for line, other, _ in pairs
    ]
    if differing:
        title += f" (not of {', '.join(differing)}: other samples)"
    summary = _summarise(differences)
    samples = _samples([line for line, _, _ in pairs], summary)
    tests = _test(differences, summary, samples, train_samples([*group, *base]))
    fields = (group[0].data, title, "difference", len(pairs), summary, samples)
    return [Row(*fields, counted=counted, tests=tests)]


def _test(
    differences: Sequence[Mapping[str, Mapping[str, float]]],
    summary: Mapping[str, Mapping[str, tuple[float, float]]],
    samples: Mapping[str, tuple[int, int]],
    trained_on: int | None,
) -> dict[str, dict[str, RepeatedDifference]]:
    """Test whether differences are 0; not where the number of training samples is unknown."""
    if trained_on is None:
        return {}
    return {
        split: {
            score: corrected_resampled_t(values, max(samples[split]) / trained_on)
            for score in scores
            if len(values := [one[split][score] for one in differences if score in one[split]]) > 1
        }
        for split, scores in summary.items()
        if split in samples and all(split in one for one in differences)
    }


def _others(run: Run, other: Run) -> list[str]:
    """Return the splits of which two runs are known to have scored different samples."""
    both = run.samples.keys() & other.samples.keys()
    return [split for split in both if run.samples[split] != other.samples[split]]


def _scores(metrics: Metrics) -> dict[str, dict[str, float]]:
    """Return split -> score -> number: the scores of `SCORES`, and the F1 of each class."""
    return {split: _split_scores(metrics[split]) for split in splits_of(metrics)}


def _split_scores(metrics: Mapping[str, Any]) -> dict[str, float]:
    scores = {score: float(metrics[score]) for score in SCORES if score in metrics}
    for name, of_class in metrics.get("per_class", {}).items():
        if "f1" in of_class:
            scores[f"F1 {name}"] = float(of_class["f1"])
    return scores


def _subtract(
    first: Mapping[str, Mapping[str, float]], second: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    return {
        split: {
            score: value - second[split][score]
            for score, value in scores.items()
            if score in second[split]
        }
        for split, scores in first.items()
        if split in second
    }


def _summarise(
    scores_of_runs: Iterable[Mapping[str, Mapping[str, float]]],
) -> dict[str, dict[str, tuple[float, float]]]:
    """Return split -> score -> (mean, standard deviation) over runs."""
    runs = list(scores_of_runs)
    summary: dict[str, dict[str, tuple[float, float]]] = {}
    for split in REPORTED:
        for score in dict.fromkeys(score for run in runs for score in run.get(split, {})):
            values = [run[split][score] for run in runs if score in run.get(split, {})]
            spread = statistics.stdev(values) if len(values) > 1 else float("nan")
            summary.setdefault(split, {})[score] = (statistics.fmean(values), spread)
    return summary
