"""Join the predictions of several members by sample.

Rows are joined on sample id and split, never on their order. Contradictions are errors: a sample
that is silently dropped, or two labels for one sample, would make all later scores wrong.
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
    joined_splits,
    refuse_join,
    unrelated,
)
from lfx.artifacts.checks import check
from lfx.artifacts.joined import JoinedMembers
from lfx.artifacts.origins import metadata_problems
from lfx.artifacts.reserved import ON_MISSING, MissingPolicy
from lfx.artifacts.seen import seen_by_any
from lfx.data.split_names import SPLITS
from lfx.runtime.errors import ArtifactError
from lfx.runtime.settings import value_problems

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.artifacts.predictions import Predictions


def join(
    members: Mapping[str, Predictions], on_missing: str = "error", *, checked: bool = False
) -> JoinedMembers:
    """Join members by sample.

    If a sample has several rows, one per fold, their probabilities are averaged. A split that some
    member lacks entirely is left out, or kept for the others with `renormalise`, with a warning in
    the log.

    Args:
        members: name → predictions; one member is enough.
        on_missing: for samples that some member lacks: `error` raises an error, `renormalise` keeps
            the sample for the other members, `drop` leaves it out.
        checked: whether the members have passed `check` already, as in reading.

    Raises:
        ArtifactError: there are no members, a member is damaged, or members differ in classes,
            data, samples of a shared split, or in a sample's split, label or group. The message
            names the members, the differences, some ids, and what to do next.
        ValueError: unknown `on_missing`.
    """
    problems = value_problems(ON_MISSING, on_missing, MissingPolicy)
    if problems:
        raise ValueError(problems[0])
    if not members:
        raise ArtifactError("there are no members to join; give at least one prediction artifact")
    names = tuple(sorted(members))
    for name in names:
        if not checked:
            check(members[name], f"member {name}")
    origins = {name: members[name].metadata for name in names}
    refuse_join(metadata_problems(origins))
    known, positions = _index_ids([members[name] for name in names])
    samples = {
        name: _one_row_per_sample(members[name], known, *sample_and_group)
        for name, sample_and_group in zip(names, positions, strict=True)
    }
    shared = joined_splits(samples, known, on_missing)
    problems = unrelated(samples, known, origins) + contradictions(samples, known, shared)
    if on_missing == "error":
        problems += gaps(samples, known, shared)
    refuse_join(problems)
    shared_keys = [known.within(member.keys, shared) for member in samples.values()]
    keys, counts = np.unique(np.concatenate(shared_keys), return_counts=True)
    dropped: dict[str, int] = {}
    if on_missing == "drop":
        incomplete = counts < len(names)
        dropped = dict(Counter(SPLITS[split] for split in known.split(keys[incomplete])))
        keys = keys[~incomplete]
        if not len(keys):
            refuse_join(["no sample is in all members"])
    return JoinedMembers(
        names=names,
        classes=origins[names[0]].classes,
        split=np.array(SPLITS, dtype=object)[known.split(keys)],
        **_align(samples, known, keys),
        dropped=dropped,
        origins=tuple(origins.values()),
    )


def _index_ids(members: list[Predictions]) -> tuple[SampleKeys, list[tuple[Integers, Integers]]]:
    """Sort the ids and groups of all members, and find each row's id and group among them.

    Returns:
        The sorted ids and groups, and for each member the positions of its rows' ids and groups.
    """
    ids = [member.texts("sample_id") for member in members]
    # Most samples are a group of one, with their id as its name, and are not looked up twice.
    differ = [
        pc.not_equal(column, member.texts("group"))
        for column, member in zip(ids, members, strict=True)
    ]
    groups = [
        member.texts("group").filter(mask) for member, mask in zip(members, differ, strict=True)
    ]
    # Most members have the same samples in the same order, which are then looked up once.
    columns: list[pa.Array] = []
    for column in (*ids, *groups):
        if not any(column.equals(other) for other in columns):
            columns.append(column)
    encoded = pa.concat_arrays(columns).dictionary_encode()
    # The order of UTF-8 bytes is the order of the characters.
    order = pc.array_sort_indices(encoded.dictionary)
    position = np.empty(len(order), dtype=np.int64)
    position[order.to_numpy()] = np.arange(len(order))
    ends = np.cumsum([len(column) for column in columns])
    positions = np.split(position[encoded.indices.to_numpy()], ends[:-1])

    def positions_of(column: pa.Array) -> Integers:
        return positions[next(at for at, other in enumerate(columns) if column.equals(other))]

    indexed = []
    for column, mask, group_column in zip(ids, differ, groups, strict=True):
        sample = positions_of(column)
        group = sample.copy()
        group[mask.to_numpy(zero_copy_only=False)] = positions_of(group_column)
        indexed.append((sample, group))
    return SampleKeys(encoded.dictionary.take(order)), indexed


def _align(
    samples: Mapping[str, MemberSamples], known: SampleKeys, keys: Integers
) -> dict[str, Any]:
    """Return id, group, label, logits, presence and `seen` of each key's sample."""
    classes = next(iter(samples.values())).logits.shape[1]
    logits = np.zeros((len(samples), len(keys), classes))
    present = np.zeros((len(samples), len(keys)), dtype=np.bool_)
    seen = np.zeros((len(samples), len(keys)), dtype=np.int8)
    group, label = np.empty(len(keys), dtype=np.int64), np.empty(len(keys), dtype=np.int16)
    for position, member in enumerate(samples.values()):
        at: Integers | slice = slice(None)
        rows: Integers | slice = slice(None)
        if not np.array_equal(keys, member.keys):
            at = np.minimum(np.searchsorted(keys, member.keys), len(keys) - 1)
            rows = np.flatnonzero(keys[at] == member.keys)
            at = at[rows]
        present[position, at] = True
        logits[position, at] = member.logits[rows]
        seen[position, at] = member.seen[rows]
        group[at], label[at] = member.group[rows], member.label[rows]
    texts = {"sample_id": known.texts(known.sample(keys)), "group": known.texts(group)}
    return {"texts": texts, "label": label, "logits": logits, "present": present, "seen": seen}


def _one_row_per_sample(
    member: Predictions, known: SampleKeys, sample: Integers, group: Integers
) -> MemberSamples:
    """Return a member's samples, sorted by key, with averaged folds.

    Args:
        member: its predictions.
        known: the ids of all members.
        sample: positions of the rows' ids, `(rows,)`.
        group: positions of the rows' groups, `(rows,)`.
    """
    encoded = member.texts("split").dictionary_encode()
    split_positions = np.array([SPLITS.index(split) for split in encoded.dictionary.to_pylist()])
    keys = known.key(split_positions[encoded.indices.to_numpy()], sample)
    if (keys[1:] > keys[:-1]).all():  # sorted already, as in a fused artifact
        return MemberSamples(keys, group, member.label, member.logits, member.seen)
    order = np.argsort(keys)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(keys[order])) + 1])
    if len(starts) < len(keys):
        # Folds are sorted too, so that no bit of a mean depends on the order of the rows.
        order = np.lexsort((member.fold, keys))
    first_rows = order[starts]
    return MemberSamples(
        keys=keys[first_rows],
        group=group[first_rows],
        label=member.label[first_rows],
        logits=_average(member.logits[order], starts),
        seen=seen_by_any(member.seen[order], starts),
    )


def _average(
    logits: np.ndarray[Any, np.dtype[np.floating[Any]]], starts: Integers
) -> np.ndarray[Any, np.dtype[np.floating[Any]]]:
    """Average consecutive rows of a sample: their probabilities, and their log-sum-exp.

    Args:
        logits: `(rows, classes)`.
        starts: the first row of each sample, `(samples,)`.

    Returns:
        `(samples, classes)`, float64 if anything is averaged. The softmax is the mean of the rows'
        probabilities; the log-sum-exp, which softmax removes, is the mean of the rows' values.
    """
    counts = np.diff(starts, append=len(logits))
    if len(starts) == len(logits):
        return logits
    logits = logits.astype(np.float64)
    log_sum_exp = logits.max(axis=1, keepdims=True)
    log_sum_exp += np.log(np.exp(logits - log_sum_exp).sum(axis=1, keepdims=True))
    probabilities = np.add.reduceat(np.exp(logits - log_sum_exp), starts, axis=0) / counts[:, None]
    levels = np.add.reduceat(log_sum_exp, starts, axis=0) / counts[:, None]
    averaged = np.log(np.maximum(probabilities, np.finfo(np.float64).tiny)) + levels
    return np.asarray(np.where((counts == 1)[:, None], logits[starts], averaged))
