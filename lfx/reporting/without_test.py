"""Notes below tables of results without a test split: which split is reported, and what saw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.evaluation.reported import reported_in_place_of_test, reported_split

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lfx.reporting.sweep import SweepJob


def fusion_note(
    metrics: Mapping[str, Any], document: Mapping[str, Any], baselines: Iterable[str]
) -> list[str]:
    """Return a note on the reported split of a fusion; none if that is `test`.

    Args:
        metrics: the content of `metrics.json`.
        document: the content of `weights.json`.
        baselines: names of the baselines.
    """
    sentence = reported_in_place_of_test(metrics, "the members' training")
    if sentence is None:
        return []
    split = reported_split(metrics)
    if document["fit_split"] == split and "fit_folds" in document:
        sentence += (
            " and fitted the weights, cross-fitted: each row is fused by a fit on other folds "
            f"({document['fit_folds']} folds)"
        )
    elif document["fit_split"] == split:
        sentence += " and fitted the weights, in-sample (without folds): its scores are too good"
    if any(name.startswith("best member") for name in baselines):
        sentence += ". The baselines' majority class and best member were chosen there as well"
    return [sentence]


def ranking_note(jobs: Sequence[SweepJob]) -> list[str]:
    """Return a note on the reported split of a sweep's jobs; none if that is `test`."""
    sentence = reported_in_place_of_test({split for job in jobs for split in job.metrics})
    if sentence is None:
        return []
    if any(job.weights.get("fit_split") for job in jobs):
        sentence += " and fitted the weights (cross-fitted, or in-sample where it says LEAKY)"
    return [f"{sentence}. It ranks the jobs as well, so the best job's score is too good"]


def data_notes(splits: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """Return a note for each data set that no run has test scores of.

    Args:
        splits: data set and split names of each run.
    """
    by_data: dict[str, set[str]] = {}
    for data, names in splits:
        by_data.setdefault(data, set()).update(names)
    sentences = {data: reported_in_place_of_test(names) for data, names in by_data.items()}
    return [f"{data}: {text}" for data, text in sentences.items() if text is not None]
