"""Bring the predictions of several members together, sample by sample.

Rows meet on their sample's id and split, never on their order. Whatever does not fit is refused:
a sample that is silently dropped, or two labels for one sample, would falsify every later number.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lfx.artifacts.agreement import (
    Integers,
    MemberSamples,
    SampleKeys,
    contradictions,
    gaps,
    origin_problems,
    refuse_together,
    shared_splits,
)
from lfx.artifacts.checks import check
from lfx.artifacts.joined import JoinedMembers
from lfx.data.split_names import SPLITS
from lfx.runtime.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.artifacts.predictions import Predictions

ON_MISSING = ("error", "renormalise", "drop")


def join(
    members: Mapping[str, Predictions], on_missing: str = "error", *, checked: bool = False
) -> JoinedMembers:
    """Line up members' samples.

    Where a sample has several rows, one per fold, their probabilities are averaged. A split that
    some member lacks altogether is left out, with a warning in the log.

    Args:
        members: name → predictions; one member is enough.
        on_missing: what becomes of a sample that some member lacks in a split that all members
            have: `error` refuses it, `renormalise` keeps it for the other members, `drop` leaves it
            out.
        checked: whether `check` has passed the members, as reading does.

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
        if not checked:
            check(members[name], f"member {name}")
    refuse_together(origin_problems(members, names))
    known, places = _number([members[name] for name in names])
    samples = {
        name: _one_row_per_sample(members[name], known, *own)
        for name, own in zip(names, places, strict=True)
    }
    shared = shared_splits(samples, known)
    found = contradictions(samples, known, shared)
    if on_missing == "error":
        found += gaps(samples, known, shared)
    refuse_together(found)
    own = [known.within(one.keys, shared) for one in samples.values()]
    keys, counts = np.unique(np.concatenate(own), return_counts=True)
    dropped: dict[str, int] = {}
    if on_missing == "drop":
        lacking = counts < len(names)
        dropped = dict(Counter(SPLITS[split] for split in known.split(keys[lacking])))
        keys = keys[~lacking]
        if not len(keys):
            refuse_together(["no sample is in all members"])
    prints = {
        part for name in names for part in members[name].metadata.split_fingerprint.split("+")
    }
    return JoinedMembers(
        names=names,
        classes=members[names[0]].metadata.classes,
        split=np.array(SPLITS, dtype=object)[known.split(keys)],
        **_line_up(samples, known, keys),
        dropped=dropped,
        data_fingerprint=members[names[0]].metadata.data_fingerprint,
        split_fingerprint="+".join(sorted(prints)),
        leaky=any(members[name].metadata.leaky for name in names),
        origins=tuple(members[name].metadata for name in names),
    )


def _number(members: list[Predictions]) -> tuple[SampleKeys, list[tuple[Integers, Integers]]]:
    """Put ids and groups of all members in order.

    Returns:
        All of them, and by member the places of each row's id and group.
    """
    ids = [member.texts("sample_id") for member in members]
    # Most samples are their own group, and need not be looked up again.
    differ = [pc.not_equal(own, one.texts("group")) for own, one in zip(ids, members, strict=True)]
    groups = [one.texts("group").filter(other) for one, other in zip(members, differ, strict=True)]
    # Most members have the same samples in the same order, which are then looked up once.
    columns: list[pa.Array] = []
    for column in (*ids, *groups):
        if not any(column.equals(other) for other in columns):
            columns.append(column)
    encoded = pa.concat_arrays(columns).dictionary_encode()
    # UTF-8 sorts as the characters do.
    order = pc.array_sort_indices(encoded.dictionary)
    place = np.empty(len(order), dtype=np.int64)
    place[order.to_numpy()] = np.arange(len(order))
    ends = np.cumsum([len(column) for column in columns])
    places = np.split(place[encoded.indices.to_numpy()], ends[:-1])

    def places_of(column: pa.Array) -> Integers:
        return next(own for own, other in zip(places, columns, strict=True) if column.equals(other))

    found = []
    for column, other, group in zip(ids, differ, groups, strict=True):
        own = places_of(column)
        of_group = own.copy()
        of_group[other.to_numpy(zero_copy_only=False)] = places_of(group)
        found.append((own, of_group))
    return SampleKeys(encoded.dictionary.take(order)), found


def _line_up(
    samples: Mapping[str, MemberSamples], known: SampleKeys, keys: Integers
) -> dict[str, Any]:
    """Give id, group, label, logits and presence of each key's sample."""
    classes = next(iter(samples.values())).logits.shape[1]
    logits = np.zeros((len(samples), len(keys), classes))
    present = np.zeros((len(samples), len(keys)), dtype=np.bool_)
    group, label = np.empty(len(keys), dtype=np.int64), np.empty(len(keys), dtype=np.int16)
    for own, has, one in zip(logits, present, samples.values(), strict=True):
        at: Integers | slice = slice(None)
        rows: Integers | slice = slice(None)
        if not np.array_equal(keys, one.keys):
            at = np.minimum(np.searchsorted(keys, one.keys), len(keys) - 1)
            rows = np.flatnonzero(keys[at] == one.keys)
            at = at[rows]
        has[at] = True
        own[at] = one.logits[rows]
        group[at], label[at] = one.group[rows], one.label[rows]
    texts = {"sample_id": known.texts(known.sample(keys)), "group": known.texts(group)}
    return {"texts": texts, "label": label, "logits": logits, "present": present}


def _one_row_per_sample(
    member: Predictions, known: SampleKeys, place: Integers, group: Integers
) -> MemberSamples:
    encoded = member.texts("split").dictionary_encode()
    rank = np.array([SPLITS.index(split) for split in encoded.dictionary.to_pylist()])
    keys = known.key(rank[encoded.indices.to_numpy()], place)
    if (keys[1:] > keys[:-1]).all():  # a fused artifact's are
        return MemberSamples(keys, group, member.label, member.logits)
    order = np.argsort(keys)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(keys[order])) + 1])
    if len(starts) < len(keys):
        # Folds are sorted too: a mean must not depend, even in its last bit, on the order of rows.
        order = np.lexsort((member.fold, keys))
    firsts = order[starts]
    return MemberSamples(
        keys=keys[firsts],
        group=group[firsts],
        label=member.label[firsts],
        logits=_averaged(member.logits[order], starts),
    )


def _averaged(
    logits: np.ndarray[Any, np.dtype[np.floating[Any]]], starts: Integers
) -> np.ndarray[Any, np.dtype[np.floating[Any]]]:
    """Average each run of rows: probabilities, and the level of the logits.

    Args:
        logits: `(rows, classes)`.
        starts: where each run begins.

    Returns:
        `(runs, classes)`, float64 where there is anything to average; its softmax is the mean
        probability, and its logarithm of summed exponentials, which softmax forgets, is the mean
        of the rows'.
    """
    counts = np.diff(starts, append=len(logits))
    if len(starts) == len(logits):
        return logits
    logits = logits.astype(np.float64)
    level = logits.max(axis=1, keepdims=True)
    level += np.log(np.exp(logits - level).sum(axis=1, keepdims=True))
    chances = np.add.reduceat(np.exp(logits - level), starts, axis=0) / counts[:, None]
    levels = np.add.reduceat(level, starts, axis=0) / counts[:, None]
    averaged = np.log(np.maximum(chances, np.finfo(np.float64).tiny)) + levels
    return np.asarray(np.where((counts == 1)[:, None], logits[starts], averaged))
