"""Checks that members can be joined: the same samples, splits, labels and groups."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lfx.artifacts.origins import names_by_schema
from lfx.artifacts.seen import Seen
from lfx.data.split_names import OOF, SPLITS
from lfx.runtime.errors import ArtifactError, name_some

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.artifacts.metadata import Metadata

_log = logging.getLogger(__name__)
_MOST_NAMED = 5
Integers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class SampleKeys:
    """Integer keys of (split, sample id) pairs, sorted by split, then by id.

    Attributes:
        ids: the sorted ids and groups of all members, `(ids,)`, Arrow strings.
    """

    ids: pa.Array

    def texts(self, samples: Integers) -> pa.Array:
        """Return the ids at positions in `ids`, as Arrow strings."""
        return self.ids.take(pa.array(samples))

    def key(self, split: Integers, sample: Integers) -> Integers:
        """Return the keys of positions in `SPLITS` and in `ids`."""
        return split * len(self.ids) + sample

    def split(self, keys: Integers) -> Integers:
        """Return the keys' positions in `SPLITS`."""
        return keys // len(self.ids)

    def sample(self, keys: Integers) -> Integers:
        """Return the keys' positions in `ids`."""
        return keys % len(self.ids)

    def splits(self, keys: Integers) -> set[str]:
        """Return the names of the splits that occur among keys."""
        return {SPLITS[position] for position in np.flatnonzero(np.bincount(self.split(keys)))}

    def within(self, keys: Integers, splits: set[str]) -> Integers:
        """Return the keys that belong to some splits."""
        wanted = np.array([split in splits for split in SPLITS])
        chosen: Integers = keys[wanted[self.split(keys)]]
        return chosen


@dataclass(frozen=True, eq=False)
class MemberSamples:
    """The samples of one member, one row each.

    Attributes:
        keys: keys of the samples, ascending, `(samples,)`.
        group: positions in `SampleKeys.ids`, `(samples,)`.
        label: `(samples,)`, -1 if unlabelled.
        logits: `(samples, classes)`.
        seen: `(samples,)`, -1 if unknown; yes if it is of any row of the sample.
    """

    keys: Integers
    group: Integers
    label: np.ndarray[Any, Any]
    logits: np.ndarray[Any, np.dtype[np.floating[Any]]]
    seen: Seen


def refuse_join(problems: list[str]) -> None:
    """Raise an error that lists why members cannot be joined, if there are problems."""
    if problems:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise ArtifactError(
            f"the members do not fit together:{lines}\n"
            "Train all members on the same data set with the same split, or point "
            "`members.NAME=PATH` at artifacts that belong together. Samples that a member lacks: "
            "members.on_missing=renormalise fuses them from the others, =drop leaves them out."
        )


def unrelated(
    samples: Mapping[str, MemberSamples], known: SampleKeys, origins: Mapping[str, Metadata]
) -> list[str]:
    """Find members that nothing relates to the others: neither a fingerprint nor a sample.

    Where fingerprints cannot be compared, ids, labels and groups of shared samples are, so there
    has to be such a sample.
    """
    problems = []
    by_schema = names_by_schema(origins)
    for schema, names in by_schema.items():
        others = [name for other in by_schema if other != schema for name in by_schema[other]]
        in_others = np.zeros(len(known.ids), dtype=np.bool_)
        for name in others:
            in_others[known.sample(samples[name].keys)] = True
        problems += [
            f"{name} (data fingerprint of schema {schema}) shares no sample with "
            f"{', '.join(others)} (of another schema), so nothing says that they belong together"
            for name in names
            if others and not in_others[known.sample(samples[name].keys)].any()
        ]
    return problems


def joined_splits(
    samples: Mapping[str, MemberSamples], known: SampleKeys, on_missing: str
) -> set[str]:
    """Return the splits that are joined; log a warning about those that some member lacks.

    Args:
        samples: member → its samples.
        known: the ids of all members.
        on_missing: with `renormalise`, a split that a member lacks stays for the others, as a
            sample does; otherwise it is left out.

    Raises:
        ArtifactError: no split is in all members.
    """
    splits_by_member = {name: known.splits(member.keys) for name, member in samples.items()}
    shared = set.intersection(*splits_by_member.values())
    every = set.union(*splits_by_member.values())
    for split in sorted(every - shared):
        without = ", ".join(
            name for name, splits in splits_by_member.items() if split not in splits
        )
        if on_missing == "renormalise":
            message = "split %s: no rows in %s, so members cannot be compared there"
            _log.warning(message, split, without)
        else:
            _log.warning("split %s is left out of the join: no rows in %s", split, without)
    if not shared:
        listed = "; ".join(
            f"{name} has {', '.join(sorted(splits))}" for name, splits in splits_by_member.items()
        )
        refuse_join([f"no split is in all members: {listed}"])
    return every if on_missing == "renormalise" else shared


def contradictions(
    samples: Mapping[str, MemberSamples], known: SampleKeys, shared: set[str]
) -> list[str]:
    """Find samples that have another split, label or group in one member than in another."""
    names = list(samples)
    # The values of each sample in the first member that has it, and that member's position.
    holder = np.full(len(known.ids), -1)
    split, label, group = (np.zeros_like(holder) for _ in range(3))
    differing: dict[tuple[str, str, str], list[str]] = {}
    for position, (name, member) in enumerate(samples.items()):
        sample, member_split = known.sample(member.keys), known.split(member.keys)
        is_new = holder[sample] < 0
        new = sample[is_new]
        holder[new], split[new] = position, member_split[is_new]
        label[new], group[new] = member.label[is_new], member.group[is_new]
        moved = split[sample] != member_split
        if is_new.all():
            continue
        differs = moved | (label[sample] != member.label) | (group[sample] != member.group)
        rows = np.flatnonzero(differs).tolist()
        for row in sorted(rows, key=lambda row: (SPLITS[member_split[row]], row)):
            at, sample_id = sample[row], known.ids[int(sample[row])].as_py()
            pair = (names[holder[at]], name)
            if moved[row]:
                listed = f"{sample_id} ({SPLITS[split[at]]} and {SPLITS[member_split[row]]})"
                differing.setdefault((*pair, "split"), []).append(listed)
            elif SPLITS[member_split[row]] in shared:
                groups = known.texts(np.array([group[at], member.group[row]])).to_pylist()
                values = (("label", label[at], member.label[row]), ("group", *groups))
                for field, first, second in values:
                    if first != second:
                        listed = f"{sample_id} ({_describe(first)} and {_describe(second)})"
                        differing.setdefault((*pair, field), []).append(listed)
    sentences = {
        "split": "are in one split in {} and in another in {}",
        "label": "have one label in {} and another in {}",
        "group": "have one group in {} and another in {}",
    }
    problems = [
        f"{len(ids)} samples {sentences[field].format(*pair)}: {name_some(ids, _MOST_NAMED)}"
        for (*pair, field), ids in differing.items()
    ]
    folded = {name for name, member in samples.items() if OOF in known.splits(member.keys)}
    if problems and folded and folded != samples.keys():
        others = ", ".join(sorted(samples.keys() - folded))
        problems.append(
            f"{', '.join(sorted(folded))} cross-validated (data.folds), {others} not: train all "
            "members in one of the two ways; name=ANOTHER keeps what was published before"
        )
    return problems


def gaps(samples: Mapping[str, MemberSamples], known: SampleKeys, shared: set[str]) -> list[str]:
    """Find samples of a shared split that one of the first and another member lacks."""
    first_name, *other_names = samples
    problems = []
    for other_name in other_names:
        for name, holder in ((other_name, first_name), (first_name, other_name)):
            is_present = np.zeros(len(known.ids), dtype=np.bool_)
            is_present[known.sample(samples[name].keys)] = True
            keys = known.within(samples[holder].keys, shared)
            absent = keys[~is_present[known.sample(keys)]]
            for split in sorted(known.splits(absent)):
                ids = known.texts(known.sample(known.within(absent, {split}))).to_pylist()
                problems.append(
                    f"split {split}: {name} lacks {len(ids)} samples that {holder} has: "
                    f"{name_some(ids, _MOST_NAMED)}"
                )
    return problems


def _describe(value: object) -> str:
    return "none" if value == -1 else str(value)
