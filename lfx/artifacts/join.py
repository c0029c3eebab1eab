"""Bring the predictions of several members together, sample by sample.

Rows meet on their sample's id and split, never on their order. Whatever does not fit is refused:
a sample that is silently dropped, or two labels for one sample, would falsify every later number.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.artifacts.checks import check
from lfx.artifacts.predictions import SPLITS, Predictions
from lfx.runtime.errors import ArtifactError, name_some

if TYPE_CHECKING:
    from collections.abc import Mapping

_log = logging.getLogger(__name__)
_MOST_NAMED = 5


@dataclass(frozen=True, eq=False)
class JoinedMembers:
    """Members' probabilities on the samples that they share.

    Attributes:
        names: names of the members, sorted.
        classes: names of the classes.
        sample_id: `(samples,)`, strings; ordered by split, then by id.
        group: `(samples,)`, strings.
        split: `(samples,)`, strings.
        label: `(samples,)`, int16, -1 where unlabelled.
        probabilities: `(members, samples, classes)`, float64, in 0..1, summing to 1 over classes.
        data_fingerprint: what all members agree on.
        split_fingerprint: the members' split fingerprints, joined by `+` where they differ.
        leaky: whether some member is.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    sample_id: np.ndarray[Any, Any]
    group: np.ndarray[Any, Any]
    split: np.ndarray[Any, Any]
    label: np.ndarray[Any, Any]
    probabilities: np.ndarray[Any, np.dtype[np.float64]]
    data_fingerprint: str
    split_fingerprint: str
    leaky: bool

    def rows(self, split: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Say which samples belong to a split: a mask, `(samples,)`."""
        return np.asarray(self.split == split, dtype=np.bool_)


@dataclass(frozen=True, eq=False)
class _Samples:
    """One member with one row per sample: (split, sample id) → row, in the order of the rows."""

    position: dict[tuple[str, str], int]
    group: np.ndarray[Any, Any]
    label: np.ndarray[Any, Any]
    probabilities: np.ndarray[Any, np.dtype[np.float64]]


def join(members: Mapping[str, Predictions]) -> JoinedMembers:
    """Line up members' samples and turn their logits into probabilities.

    Where a sample has several rows, one per fold, their probabilities are averaged. A split that
    some member lacks altogether is left out, with a warning in the log.

    Args:
        members: name → predictions; one member is enough.

    Raises:
        ArtifactError: there is no member, a member is damaged, or members differ in classes, data,
            samples of a shared split, or in a sample's split, label or group. The message names the
            members, what differs, some ids, and what to do next.
    """
    if not members:
        raise ArtifactError("there are no members to join; give at least one prediction artifact")
    names = tuple(sorted(members))
    for name in names:
        check(members[name], f"member {name}")
    _refuse(_origin_problems(members, names))
    samples = {name: _one_row_per_sample(members[name]) for name in names}
    shared = _shared_splits(samples)
    found: list[str] = []
    for other in names[1:]:
        found += _sample_problems((names[0], other), samples, shared)
    _refuse(found)
    # `_one_row_per_sample` sorts, so members that hold the same samples hold them in one order.
    chosen = {
        name: [row for (split, _), row in samples[name].position.items() if split in shared]
        for name in names
    }
    first, rows = samples[names[0]], chosen[names[0]]
    keys = [key for key in first.position if key[0] in shared]
    prints = {
        part for name in names for part in members[name].metadata.split_fingerprint.split("+")
    }
    return JoinedMembers(
        names=names,
        classes=members[names[0]].metadata.classes,
        sample_id=_texts([sample for _, sample in keys]),
        group=first.group[rows],
        split=_texts([split for split, _ in keys]),
        label=first.label[rows],
        probabilities=np.stack([samples[name].probabilities[chosen[name]] for name in names]),
        data_fingerprint=members[names[0]].metadata.data_fingerprint,
        split_fingerprint="+".join(sorted(prints)),
        leaky=any(members[name].metadata.leaky for name in names),
    )


def _texts(values: list[str]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _refuse(found: list[str]) -> None:
    if found:
        lines = "".join(f"\n  - {problem}" for problem in found)
        raise ArtifactError(
            f"the members do not fit together:{lines}\n"
            "Train all members on the same data set with the same split, or point "
            "`members.NAME=PATH` at artifacts that belong together."
        )


def _origin_problems(members: Mapping[str, Predictions], names: tuple[str, ...]) -> list[str]:
    found = []
    origins = {name: members[name].metadata for name in names}
    facts: dict[str, dict[str, object]] = {
        "classes": {name: origin.classes for name, origin in origins.items()},
        "data fingerprints": {name: origin.data_fingerprint for name, origin in origins.items()},
    }
    for what, told in facts.items():
        if len(set(told.values())) > 1:
            listed = "; ".join(f"{name} has {fact!r}" for name, fact in told.items())
            found.append(f"{what} differ: {listed}")
    return found


def _one_row_per_sample(member: Predictions) -> _Samples:
    rank = {split: place for place, split in enumerate(SPLITS)}
    keys = list(zip(member.split.tolist(), member.sample_id.tolist(), strict=True))
    folds = member.fold.tolist()
    # Folds are sorted too: a mean must not depend, even in its last bit, on the order of rows.
    order = sorted(range(len(keys)), key=lambda row: (rank[keys[row][0]], keys[row][1], folds[row]))
    starts = [0] + [
        place
        for place, (before, row) in enumerate(pairwise(order), start=1)
        if keys[before] != keys[row]
    ]
    counts = np.diff([*starts, len(order)])
    sums = np.add.reduceat(member.probabilities()[order], starts, axis=0)
    firsts = [order[start] for start in starts]
    return _Samples(
        position={keys[row]: place for place, row in enumerate(firsts)},
        group=member.group[firsts],
        label=member.label[firsts],
        probabilities=sums / counts[:, None],
    )


def _shared_splits(samples: Mapping[str, _Samples]) -> set[str]:
    there = {name: {split for split, _ in member.position} for name, member in samples.items()}
    shared = set.intersection(*there.values())
    for split in sorted(set.union(*there.values()) - shared):
        lacking = [name for name, splits in there.items() if split not in splits]
        _log.warning("split %s is left out of the join: no rows in %s", split, ", ".join(lacking))
    if not shared:
        listed = "; ".join(f"{name} has {', '.join(sorted(has))}" for name, has in there.items())
        _refuse([f"no split is in all members: {listed}"])
    return shared


def _sample_problems(
    pair: tuple[str, str], samples: Mapping[str, _Samples], shared: set[str]
) -> list[str]:
    one, two = (samples[name].position for name in pair)
    splits_one, splits_two = ({sample: split for split, sample in has} for has in (one, two))
    found = []
    moved = [
        f"{sample} ({split} and {splits_two[sample]})"
        for sample, split in splits_one.items()
        if splits_two.get(sample, split) != split
    ]
    if moved:
        found.append(
            f"{len(moved)} samples are in one split in {pair[0]} and in another in {pair[1]}: "
            + name_some(moved, _MOST_NAMED)
        )
    for lacking, has, lacks in ((pair[1], one, splits_two), (pair[0], two, splits_one)):
        other = pair[0] if lacking == pair[1] else pair[1]
        for split in sorted(shared):
            absent = [sample for name, sample in has if name == split and sample not in lacks]
            if absent:
                found.append(
                    f"split {split}: {lacking} lacks {len(absent)} samples that {other} has: "
                    + name_some(absent, _MOST_NAMED)
                )
    for what in ("label", "group"):
        values_one, values_two = (getattr(samples[name], what) for name in pair)
        differing = [
            f"{key[1]} ({_tell(values_one[row])} and {_tell(values_two[two[key]])})"
            for key, row in one.items()
            if key[0] in shared and key in two and values_one[row] != values_two[two[key]]
        ]
        if differing:
            found.append(
                f"{len(differing)} samples have one {what} in {pair[0]} and another in {pair[1]}: "
                + name_some(differing, _MOST_NAMED)
            )
    return found


def _tell(value: object) -> str:
    return "none" if value == -1 else str(value)
