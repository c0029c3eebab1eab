"""Fusions of the same members, whose samples the explorer and the case browser show."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray

from lfx.artifacts.joined import JoinedMembers
from lfx.artifacts.members import join_files
from lfx.artifacts.parquet import read_predictions
from lfx.artifacts.predictions import softmax
from lfx.evaluation.reported import reported_split
from lfx.fusion.pools import linear_pool
from lfx.fusion.weights import Weights
from lfx.reporting.member_files import member_files
from lfx.reporting.run_table import run_differences
from lfx.reporting.score_columns import titled
from lfx.reporting.scores import read_weights
from lfx.runs.find import Run
from lfx.runtime.errors import ArtifactError, DataError, FusionError, RecordError

if TYPE_CHECKING:
    from collections.abc import Sequence


log = logging.getLogger(__name__)

# Samples of a split that a page holds; of more, a random part.
MOST_SAMPLES = 20_000
_MOST_MEMBERS = 12
# Largest difference between probabilities that count as the same.
_SAME = 1e-4


@dataclass(frozen=True, eq=False)
class FusedRun:
    """A fusion of the group.

    Attributes:
        title: its name, and what distinguishes it from others of that name.
        run: its run.
        probabilities: `(samples, classes)`, float32, of the group's samples; NaN where the fusion
            lacks the sample.
        weights: the share of each member, `(members,)`, if the fusion is the linear pool of the
            members' probabilities with these weights; else None.
    """

    title: str
    run: Run
    probabilities: NDArray[np.float32]
    weights: tuple[float, ...] | None


@dataclass(frozen=True, eq=False)
class FusionGroup:
    """Fusions of the same members.

    Attributes:
        data: the data set's name.
        joined: the members; a sample needs only one of them.
        rows: split → positions of its labelled samples in `joined`: the split that fusions are
            fitted on first, the one that they are reported on last.
        left_out: split → number of samples that the page has no room for.
        fusions: the fusions, the best on the first split first.
    """

    data: str
    joined: JoinedMembers
    rows: dict[str, NDArray[np.int64]]
    left_out: dict[str, int]
    fusions: tuple[FusedRun, ...]

    @property
    def reported(self) -> str:
        """The split that results are reported on."""
        return list(self.rows)[-1]

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """The members' probabilities, `(members, samples, classes)`, of all joined samples."""
        return np.stack([softmax(logits) for logits in self.joined.logits])


def fusion_groups(runs: Sequence[Run], most: int) -> list[FusionGroup]:
    """Group fusions by the artifacts of their members.

    A group whose members cannot be read, or have been trained again since, is left out with a
    warning, because its numbers would not be those of the fusions.

    Args:
        runs: completed runs; those that are no fusions are passed over.
        most: the largest number of groups; the ones with most fusions are kept.
    """
    by_members: dict[tuple[str, tuple[tuple[str, str], ...]], list[Run]] = {}
    for run in runs:
        if run.stage != "fuse":
            continue
        try:
            files = member_files(run.folder)
        except DataError as error:
            log.warning("the page has no explorer of %s: %s", run.folder, error)
            continue
        paths = tuple((name, str(file.resolve())) for name, file in sorted(files.items()))
        by_members.setdefault((run.data, paths), []).append(run)
    groups: list[FusionGroup] = []
    for (data, paths), fused in sorted(by_members.items(), key=lambda group: -len(group[1])):
        group = _group(data, dict(paths), fused)
        groups += [] if group is None else [group]
        if len(groups) == most:
            break
    if len(by_members) > len(groups) == most:
        log.warning("the page has the explorer of %d of %d member sets", most, len(by_members))
    return groups


def _group(data: str, files: dict[str, str], runs: Sequence[Run]) -> FusionGroup | None:
    if len(files) > _MOST_MEMBERS:
        log.warning(
            "the page has no explorer of %d members, only up to %d", len(files), _MOST_MEMBERS
        )
        return None
    try:
        joined = join_files(files, "renormalise")
    except (FusionError, ArtifactError) as error:
        log.warning("the page has no explorer of %s: %s", ", ".join(files), error)
        return None
    rows, left_out = _labelled_rows(joined, runs)
    if not rows:
        log.warning("the page has no explorer of %s: no sample is labelled", ", ".join(files))
        return None
    newest = max(origin.created for origin in joined.origins)
    ids = joined.texts["sample_id"]
    final = list(rows.values())[-1]
    fusions = []
    for run, differences in zip(runs, run_differences(runs), strict=True):
        title = titled(" ".join([run.name, *differences]), run.metrics)
        try:
            predictions = read_predictions(run.folder / "predictions.parquet")
            document = read_weights(run.folder / "weights.json")
        except (ArtifactError, RecordError) as error:
            log.warning("the page leaves out %s: %s", run.folder, error)
            continue
        if predictions.metadata.created < newest:
            log.warning(
                "the page leaves out %s: its members have been trained again since; fuse again",
                run.folder,
            )
            continue
        order = pc.index_in(ids, value_set=predictions.texts("sample_id"))
        found = order.fill_null(0).to_numpy()
        probabilities = predictions.probabilities()[found].astype(np.float32)
        probabilities[np.asarray(pc.is_null(order))] = np.nan
        fusions.append(
            FusedRun(title, run, probabilities, _shares(document, joined, probabilities, final))
        )
    if not fusions:
        return None
    fusions.sort(key=lambda fusion: -_score(fusion.run, next(iter(rows))))
    return FusionGroup(data, joined, rows, left_out, tuple(fusions))


def _score(run: Run, split: str) -> float:
    return float(run.metrics.get(split, {}).get("f1_weighted", -1))


def _labelled_rows(
    joined: JoinedMembers, runs: Sequence[Run]
) -> tuple[dict[str, NDArray[np.int64]], dict[str, int]]:
    """Return the positions of labelled samples, split by split, and how many are left out."""
    labelled = joined.labelled_splits()
    reported = reported_split(labelled)
    if reported is None:
        return {}, {}
    splits = [split for split in ("val", "oof") if split in labelled and split != reported]
    scored = [split for split in splits if any(split in run.metrics for run in runs)]
    rows, left_out = {}, {}
    for split in [*scored, reported]:
        positions = np.flatnonzero(joined.rows(split) & (joined.label >= 0))
        if len(positions) > MOST_SAMPLES:
            left_out[split] = len(positions) - MOST_SAMPLES
            chosen = np.random.default_rng(0).choice(positions, MOST_SAMPLES, replace=False)
            positions = np.sort(chosen)
        rows[split] = positions.astype(np.int64)
    return rows, left_out


def _shares(
    document: dict[str, Any],
    joined: JoinedMembers,
    fused: NDArray[np.float32],
    rows: NDArray[np.int64],
) -> tuple[float, ...] | None:
    """Return members' shares if they explain the fused probabilities, as a linear pool would.

    Judged by the reported split: rows of the fit split are fused by the weights of their folds.
    """
    if document.get("per") != "member" or document["members"] != list(joined.names):
        return None
    weights = Weights("member", torch.tensor(document["weights"], dtype=torch.float64))
    probabilities = np.stack([softmax(logits[rows]) for logits in joined.logits])
    present = torch.from_numpy(joined.present[:, rows])
    pooled = linear_pool(torch.from_numpy(probabilities), weights, present).numpy()
    has_sample = ~np.isnan(fused[rows, 0])
    if np.abs(pooled - fused[rows])[has_sample].max(initial=0) > _SAME:
        return None
    return tuple((weights.values / weights.values.sum()).tolist())
