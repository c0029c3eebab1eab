"""Bring the predictions of several members together, sample by sample.

Rows meet on their sample's id and split, never on their order. Whatever does not fit is refused:
a sample that is silently dropped, or two labels for one sample, would falsify every later number.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.artifacts.agreement import (
    Key,
    MemberSamples,
    contradictions,
    gaps,
    origin_problems,
    refuse_together,
    shared_splits,
)
from lfx.artifacts.checks import check
from lfx.artifacts.predictions import NONE, SPLITS, Metadata, Predictions
from lfx.runtime.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping

_RANK = {split: place for place, split in enumerate(SPLITS)}

ON_MISSING = ("error", "renormalise", "drop")


@dataclass(frozen=True, eq=False)
class JoinedMembers:
    """Members' scores on samples that all of them, or some of them, have.

    Attributes:
        names: names of the members, sorted.
        classes: names of the classes.
        sample_id: `(samples,)`, strings; ordered by split, then by id.
        group: `(samples,)`, strings.
        split: `(samples,)`, strings.
        label: `(samples,)`, int16, -1 where unlabelled.
        logits: `(members, samples, classes)`, float64; their softmax is what a member says. 0 where
            a member lacks a sample.
        present: `(members, samples)`, whether the member has the sample; each sample has a member.
        dropped: split → how many samples were left out because a member lacks them.
        data_fingerprint: what all members agree on.
        split_fingerprint: the members' split fingerprints, joined by `+` where they differ.
        leaky: whether some member is.
        origins: what each member's artifact says of itself, in the order of the names.
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    sample_id: np.ndarray[Any, Any]
    group: np.ndarray[Any, Any]
    split: np.ndarray[Any, Any]
    label: np.ndarray[Any, Any]
    logits: np.ndarray[Any, np.dtype[np.float64]]
    present: np.ndarray[Any, np.dtype[np.bool_]]
    dropped: dict[str, int]
    data_fingerprint: str
    split_fingerprint: str
    leaky: bool
    origins: tuple[Metadata, ...]

    def rows(self, split: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Say which samples belong to a split: a mask, `(samples,)`."""
        return np.asarray(self.split == split, dtype=np.bool_)

    def predictions(
        self, logits: np.ndarray[Any, np.dtype[np.float32]], metadata: Metadata
    ) -> Predictions:
        """Make predictions of these samples, a row each, of no fold.

        Args:
            logits: `(samples, classes)`.
            metadata: where they come from.
        """
        return Predictions(
            sample_id=self.sample_id,
            group=self.group,
            split=self.split,
            fold=np.full(len(self.sample_id), NONE, dtype=np.int16),
            label=self.label,
            logits=logits,
            metadata=metadata,
        )

    def missing(self) -> dict[str, dict[str, int]]:
        """Count, member → split, the samples that a member lacks; nothing where none are."""
        found: dict[str, dict[str, int]] = {}
        for name, has in zip(self.names, self.present, strict=True):
            for split in self.split[~has]:
                own = found.setdefault(name, {})
                own[str(split)] = own.get(str(split), 0) + 1
        return found


def join(members: Mapping[str, Predictions], on_missing: str = "error") -> JoinedMembers:
    """Line up members' samples.

    Where a sample has several rows, one per fold, their probabilities are averaged. A split that
    some member lacks altogether is left out, with a warning in the log.

    Args:
        members: name → predictions; one member is enough.
        on_missing: what becomes of a sample that some member lacks in a split that all members
            have: `error` refuses it, `renormalise` keeps it for the other members, `drop` leaves it
            out.

    Raises:
        ArtifactError: there is no member, a member is damaged, or members differ in classes, data,
            samples of a shared split, or in a sample's split, label or group. The message names the
            members, what differs, some ids, and what to do next.
        ValueError: unknown `on_missing`.
    """
    if on_missing not in ON_MISSING:
        raise ValueError(f"on_missing: allowed are {', '.join(ON_MISSING)}; got {on_missing!r}")
    if not members:
        raise ArtifactError("there are no members to join; give at least one prediction artifact")
    names = tuple(sorted(members))
    for name in names:
        check(members[name], f"member {name}")
    refuse_together(origin_problems(members, names))
    samples = {name: _one_row_per_sample(members[name]) for name in names}
    shared = shared_splits(samples)
    found = contradictions(samples, shared)
    if on_missing == "error":
        found += gaps(samples, shared)
    refuse_together(found)
    keys = _ordered(set().union(*(one.position for one in samples.values())), shared)
    dropped: dict[str, int] = {}
    if on_missing == "drop":
        lacking = {key for key in keys if any(key not in one.position for one in samples.values())}
        dropped = dict(Counter(split for split, _ in lacking))
        keys = [key for key in keys if key not in lacking]
        if not keys:
            refuse_together(["no sample is in all members"])
    prints = {
        part for name in names for part in members[name].metadata.split_fingerprint.split("+")
    }
    return JoinedMembers(
        names=names,
        classes=members[names[0]].metadata.classes,
        sample_id=_texts([sample for _, sample in keys]),
        split=_texts([split for split, _ in keys]),
        **_line_up(samples, keys),
        dropped=dropped,
        data_fingerprint=members[names[0]].metadata.data_fingerprint,
        split_fingerprint="+".join(sorted(prints)),
        leaky=any(members[name].metadata.leaky for name in names),
        origins=tuple(members[name].metadata for name in names),
    )


def _ordered(keys: set[Key], shared: set[str]) -> list[Key]:
    return sorted(
        (key for key in keys if key[0] in shared), key=lambda key: (_RANK[key[0]], key[1])
    )


def _line_up(samples: Mapping[str, MemberSamples], keys: list[Key]) -> dict[str, Any]:
    """Give group, label, logits and presence of each key's sample."""
    classes = next(iter(samples.values())).logits.shape[1]
    logits = np.zeros((len(samples), len(keys), classes))
    present = np.zeros((len(samples), len(keys)), dtype=np.bool_)
    group, label = np.empty(len(keys), dtype=object), np.empty(len(keys), dtype=np.int16)
    for place, one in enumerate(samples.values()):
        rows = np.array([one.position.get(key, -1) for key in keys])
        has = rows >= 0
        present[place] = has
        logits[place, has] = one.logits[rows[has]]
        group[has], label[has] = one.group[rows[has]], one.label[rows[has]]
    return {"group": group, "label": label, "logits": logits, "present": present}


def _texts(values: list[str]) -> np.ndarray[Any, Any]:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _one_row_per_sample(member: Predictions) -> MemberSamples:
    keys = list(zip(member.split.tolist(), member.sample_id.tolist(), strict=True))
    folds = member.fold.tolist()
    # Folds are sorted too: a mean must not depend, even in its last bit, on the order of rows.
    order = sorted(
        range(len(keys)), key=lambda row: (_RANK[keys[row][0]], keys[row][1], folds[row])
    )
    starts = [0] + [
        place
        for place, (before, row) in enumerate(pairwise(order), start=1)
        if keys[before] != keys[row]
    ]
    firsts = [order[start] for start in starts]
    return MemberSamples(
        position={keys[row]: place for place, row in enumerate(firsts)},
        group=member.group[firsts],
        label=member.label[firsts],
        logits=_averaged(member.logits.astype(np.float64)[order], starts),
    )


def _averaged(
    logits: np.ndarray[Any, np.dtype[np.float64]], starts: list[int]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Average each run of rows: probabilities, and the level of the logits.

    Args:
        logits: `(rows, classes)`.
        starts: where each run begins.

    Returns:
        `(runs, classes)`, whose softmax is the mean probability and whose logarithm of summed
        exponentials, which softmax forgets, is the mean of the rows'.
    """
    counts = np.diff([*starts, len(logits)])
    if (counts == 1).all():
        return logits
    level = logits.max(axis=1, keepdims=True)
    level += np.log(np.exp(logits - level).sum(axis=1, keepdims=True))
    chances = np.add.reduceat(np.exp(logits - level), starts, axis=0) / counts[:, None]
    levels = np.add.reduceat(level, starts, axis=0) / counts[:, None]
    averaged = np.log(np.maximum(chances, np.finfo(np.float64).tiny)) + levels
    return np.asarray(np.where((counts == 1)[:, None], logits[starts], averaged))
