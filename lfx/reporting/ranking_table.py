"""The ranking of a multirun's jobs: a table with the baselines in their places, and a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lfx.evaluation.multiple import holm
from lfx.evaluation.reported import reported_split
from lfx.reporting.incomplete import COMPARABLE, fused_from_fewer, score_lines
from lfx.reporting.score_columns import (
    score_cells,
    score_columns,
    splits_of,
    table_notes,
    titled,
    unseen_splits,
    with_printed,
)
from lfx.reporting.sweep import Sweep
from lfx.reporting.table import Column, Table
from lfx.reporting.told_apart import tell_apart
from lfx.reporting.verdict import ALPHA, verdict_sentences
from lfx.reporting.without_test import ranking_note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lfx.reporting.sweep import SweepJob

# Jobs that a terminal shows, and whose predictions are compared with each other.
MOST_COMPARED = 50
_FIRST = ("rank", "job", "name")


@dataclass(frozen=True)
class Ranking:
    """The jobs of a multirun, ranked by its objective.

    Attributes:
        sweep: the multirun.
        splits: the splits that jobs have scores of.
        letters: of the first jobs: those that cannot be told apart on the reported split share a
            letter; None if their predictions are of different samples, or cannot be read.
    """

    sweep: Sweep
    splits: tuple[str, ...]
    letters: tuple[str, ...] | None

    @classmethod
    def of(cls, sweep: Sweep) -> Ranking:
        """Rank the jobs, and compare the first ones."""
        splits = splits_of(*(job.metrics for job in sweep.jobs))
        reported, letters = reported_split(splits), None
        if reported is not None and not sweep.lacks_samples:
            folders = [job.folder for job in sweep.ranked[:MOST_COMPARED]]
            letters = tell_apart(folders, reported)
        return cls(sweep, tuple(splits), None if letters is None else tuple(letters))

    def table(self, most: int | None = None) -> Table:
        """Return a row for each of the first `most` jobs, with the baselines in their places.

        If some member lacks samples, the baselines stand below, after a row of the samples that all
        members have for each job, because their scores are of these samples alone.
        """
        sweep, ranked, counted = self.sweep, self.sweep.ranked, self.sweep.lacks_samples
        unseen = unseen_splits(*(job.metrics for job in ranked))
        of_scores: dict[str, Any] = {"counted": counted, "unseen": unseen}

        def cells(metrics: Mapping[str, Any]) -> list[Any]:
            return score_cells(metrics, self.splits, _scores(sweep), **of_scores)

        columns = [Column(title, least=16 if title == "name" else 1) for title in _FIRST]
        columns += score_columns(self.splits, _scores(sweep), kept=sweep.objective, **of_scores)
        changes = [Column("corrected : corrupted"), Column("Holm p", spare=1)]
        columns += changes if any(job.verdict for job in ranked) else []
        columns += [] if self.letters is None else [Column("alike")]
        empty = [None] * len(columns)

        def row(first: Sequence[Any], metrics: Mapping[str, Any], last: Sequence[Any]) -> list[Any]:
            filled = [*first, *cells(metrics), *last]
            return [*filled, *empty[len(filled) :]]

        p_values, letters = _adjusted(ranked), self.letters or ()
        lines: list[tuple[float | None, list[Any]]] = []
        below: list[list[Any]] = []
        jobs = zip(_ranks(ranked, sweep), ranked[:most], titles(ranked), strict=False)
        for position, (rank, job, title) in enumerate(jobs):
            (suffix, of_all), *of_complete = score_lines(job.metrics).items()
            last = [*_changes(job, p_values), *letters[position : position + 1]]
            line = row([rank, job.path, title + suffix], of_all, last)
            lines.append((job.score(sweep.objective), line))
            below += [row([None, job.path, title + end], each, []) for end, each in of_complete]
        hidden = len(ranked) - len(lines)
        if hidden:
            lines.append((None, row([None, None, f"{hidden} more, in sweep.csv"], {}, [])))
        for title, metrics in _baselines(ranked).items():
            score = None if counted else _score(metrics, sweep.objective)
            line = row([None, None, title], metrics, [])
            if score is None:
                below.append(line)
            else:
                lines.append((score, line))
        if not counted:  # else jobs are ranked by their number of samples first
            lines.sort(key=lambda line: (line[0] is None, sweep.sign * (line[0] or 0)))
        return Table(columns, [*(line for _, line in lines), *below], self._notes(unseen))

    def verdict(self) -> list[str]:
        """Return the verdict on the job that is ranked first, and how many jobs differ at all."""
        ranked = self.sweep.ranked
        if not ranked or not ranked[0].verdict:
            return []
        name = f"job {ranked[0].path} ({titles(ranked)[0]}), ranked first,"
        sentences = verdict_sentences(name, ranked[0].verdict)
        p_values = _adjusted(ranked)
        found = [job.verdict["all"] for job in ranked if p_values.get(job.path, 1) <= ALPHA]
        better = sum(compared["difference"] > 0 for compared in found)
        if len(p_values) > 1:
            sentences.append(
                f"of {len(p_values)} jobs, {better} are better than their best member and "
                f"{len(found) - better} worse (Holm's correction, 5 %)"
            )
        return sentences

    def _notes(self, unseen: Sequence[str]) -> list[str]:
        """Return the notes on n, on the reported split, and on what columns mean."""
        ranked, sweep = self.sweep.ranked, self.sweep
        notes: list[str] = []
        if sweep.lacks_samples:
            sentences = (fused_from_fewer(job.weights) for job in ranked)
            notes += dict.fromkeys(sentence for of_job in sentences for sentence in of_job)
            notes.append(COMPARABLE)
            if len({job.samples(sweep.objective) for job in ranked} - {None}) > 1:
                notes.append("jobs are ranked among those of the same n only")
        notes += ranking_note(ranked) + table_notes(self.splits, unseen)
        if self.letters is not None:
            notes.append(
                "alike: jobs that share a letter cannot be told apart on "
                f"{reported_split(self.splits)} (McNemar's test of each pair, Holm's correction, "
                "5 %)"
            )
        return notes


def titles(jobs: Sequence[SweepJob]) -> list[str]:
    """Return a title for each job: its name, and the overrides that not all jobs have."""
    shared = set.intersection(*(set(job.status.overrides) for job in jobs)) if jobs else set()
    job_titles = []
    for job in jobs:
        varied = [
            text
            for text in job.status.overrides
            if text not in shared and text not in {f"fusion={job.name}", f"name={job.name}"}
        ]
        job_titles.append(titled(" ".join([job.name, *varied]).strip(), job.metrics))
    return job_titles


def _scores(sweep: Sweep) -> list[str]:
    return with_printed(sweep.objective.partition("/")[2])


def _score(metrics: Mapping[str, Any], objective: str) -> float | None:
    split, _, name = objective.partition("/")
    score: float | None = metrics.get(split, {}).get(name)
    return score


def _baselines(ranked: Sequence[SweepJob]) -> dict[str, Mapping[str, Any]]:
    """Return title → metrics of the baselines, those of several jobs once."""
    members_differ = len({tuple(job.weights.get("members", ())) for job in ranked}) > 1
    found: dict[str, Mapping[str, Any]] = {}
    for job in ranked:
        members = f" of {', '.join(job.weights['members'])}" if members_differ else ""
        for name, metrics in job.baselines.items():
            title = f"baseline: {name}{members}"
            while title in found and found[title] != metrics:  # of other rows, or another fit split
                title += "'"
            found[title] = metrics
    return found


def _adjusted(ranked: Sequence[SweepJob]) -> dict[str, float]:
    """Return job → p-value of its difference from the best member, adjusted for all jobs."""
    compared = {job.path: job.verdict["all"]["p"] for job in ranked if job.verdict}
    return dict(zip(compared, holm(list(compared.values())).tolist(), strict=True))


def _changes(job: SweepJob, p_values: Mapping[str, float]) -> list[Any]:
    """Return how many samples a job corrects and corrupts, and the adjusted p-value."""
    if not p_values:
        return []  # there are no such columns
    if not job.verdict:
        return [None, None]
    of_all = job.verdict["all"]
    return [f"{of_all['corrected']} : {of_all['corrupted']}", f"{p_values[job.path]:.2g}"]


def _ranks(ranked: Sequence[SweepJob], sweep: Sweep) -> list[int | None]:
    """Return the ranks of jobs, among those of the same n if members lack samples.

    Jobs with the same score share a rank; a job without the score has no rank.
    """
    by_count = sweep.lacks_samples
    keys = [
        (job.samples(sweep.objective) if by_count else None, job.score(sweep.objective))
        for job in ranked
    ]
    firsts: dict[int | None, int] = {}
    for position, (count, _) in enumerate(keys):
        firsts.setdefault(count, position)
    return [
        None if score is None else keys.index((count, score)) - firsts[count] + 1
        for count, score in keys
    ]
