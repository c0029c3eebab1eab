"""Whether members belong together, and what stands against it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from lfx.data.split_names import OOF, SPLITS
from lfx.runtime.errors import ArtifactError, name_some

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.artifacts.predictions import Metadata, Predictions

_log = logging.getLogger(__name__)
_MOST_NAMED = 5
Integers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class SampleKeys:
    """Numbers for (split, sample id): as small as possible, in the order of splits, then of ids.

    Attributes:
        ids: the ids and groups of all members, in order, `(ids,)`, Arrow's strings.
    """

    ids: pa.Array

    def texts(self, samples: Integers) -> pa.Array:
        """Return the ids at places in `ids`, as Arrow's strings."""
        return self.ids.take(pa.array(samples))

    def key(self, split: Integers, sample: Integers) -> Integers:
        """Give keys of places in `SPLITS` and in `ids`."""
        return split * len(self.ids) + sample

    def split(self, keys: Integers) -> Integers:
        """Give the splits' places in `SPLITS`."""
        return keys // len(self.ids)

    def sample(self, keys: Integers) -> Integers:
        """Give the samples' places in `ids`."""
        return keys % len(self.ids)

    def splits(self, keys: Integers) -> set[str]:
        """Give the splits that occur."""
        return {SPLITS[place] for place in np.flatnonzero(np.bincount(self.split(keys)))}

    def within(self, keys: Integers, splits: set[str]) -> Integers:
        """Give those keys that are of some splits."""
        wanted = np.array([split in splits for split in SPLITS])
        chosen: Integers = keys[wanted[self.split(keys)]]
        return chosen


@dataclass(frozen=True, eq=False)
class MemberSamples:
    """One member with one row per sample.

    Attributes:
        keys: which samples, ascending, `(samples,)`.
        group: places in `SampleKeys.ids`, `(samples,)`.
        label: `(samples,)`, -1 where unlabelled.
        logits: `(samples, classes)`.
    """

    keys: Integers
    group: Integers
    label: np.ndarray[Any, Any]
    logits: np.ndarray[Any, np.dtype[np.floating[Any]]]


def refuse_together(found: list[str]) -> None:
    """Raise an error that lists what keeps members from being joined, if anything does."""
    if found:
        lines = "".join(f"\n  - {problem}" for problem in found)
        raise ArtifactError(
            f"the members do not fit together:{lines}\n"
            "Train all members on the same data set with the same split, or point "
            "`members.NAME=PATH` at artifacts that belong together. Samples that a member lacks: "
            "members.on_missing=renormalise fuses them from the others, =drop leaves them out."
        )


def origin_problems(members: Mapping[str, Predictions], names: tuple[str, ...]) -> list[str]:
    """Find differences in what members say of themselves: classes and data."""
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


def doubts(origins: Mapping[str, Metadata]) -> list[str]:
    """Find what is allowed among members, but seldom meant.

    Args:
        origins: what each member says of itself.

    Returns:
        A sentence each.
    """
    found = []
    alike: dict[tuple[str, ...], list[str]] = {}
    for name, origin in origins.items():
        key = (origin.name, origin.config_hash, origin.created, str(origin.seed))
        alike.setdefault(key, []).append(name)
    found += [
        f"members {' and '.join(same)} are of one and the same run, which counts {len(same)} times"
        for same in alike.values()
        if len(same) > 1
    ]
    if len({origin.seed for origin in origins.values()}) > 1:
        told = ", ".join(f"{name} {origin.seed}" for name, origin in origins.items())
        found.append(f"members were trained with different seeds: {told}")
    return found


def shared_splits(samples: Mapping[str, MemberSamples], known: SampleKeys) -> set[str]:
    """Give the splits that all members have; the others are told in the log.

    Raises:
        ArtifactError: there is none.
    """
    there = {name: known.splits(member.keys) for name, member in samples.items()}
    shared = set.intersection(*there.values())
    for split in sorted(set.union(*there.values()) - shared):
        lacking = [name for name, splits in there.items() if split not in splits]
        _log.warning("split %s is left out of the join: no rows in %s", split, ", ".join(lacking))
    if not shared:
        listed = "; ".join(f"{name} has {', '.join(sorted(has))}" for name, has in there.items())
        refuse_together([f"no split is in all members: {listed}"])
    return shared


def contradictions(
    samples: Mapping[str, MemberSamples], known: SampleKeys, shared: set[str]
) -> list[str]:
    """Find samples of which members hold different things: split, label or group."""
    names = list(samples)
    # What the first member that has a sample says of it.
    holder = np.full(len(known.ids), -1)
    split, label, group = (np.zeros_like(holder) for _ in range(3))
    torn: dict[tuple[str, str, str], list[str]] = {}
    for place, (name, one) in enumerate(samples.items()):
        sample, own = known.sample(one.keys), known.split(one.keys)
        new = holder[sample] < 0
        first = sample[new]
        holder[first], split[first] = place, own[new]
        label[first], group[first] = one.label[new], one.group[new]
        moved = split[sample] != own
        if new.all():
            continue
        differs = moved | (label[sample] != one.label) | (group[sample] != one.group)
        rows = np.flatnonzero(differs).tolist()
        for row in sorted(rows, key=lambda row: (SPLITS[own[row]], row)):
            at, told_id = sample[row], known.ids[int(sample[row])].as_py()
            who = (names[holder[at]], name)
            if moved[row]:
                pair = f"{told_id} ({SPLITS[split[at]]} and {SPLITS[own[row]]})"
                torn.setdefault((*who, "split"), []).append(pair)
            elif SPLITS[own[row]] in shared:
                groups = known.texts(np.array([group[at], one.group[row]])).to_pylist()
                values = (("label", label[at], one.label[row]), ("group", *groups))
                for what, fact, value in values:
                    if fact != value:
                        pair = f"{told_id} ({_tell(fact)} and {_tell(value)})"
                        torn.setdefault((*who, what), []).append(pair)
    say = {
        "split": "are in one split in {} and in another in {}",
        "label": "have one label in {} and another in {}",
        "group": "have one group in {} and another in {}",
    }
    told = [
        f"{len(found)} samples {say[what].format(one, two)}: {name_some(found, _MOST_NAMED)}"
        for (one, two, what), found in torn.items()
    ]
    folded = {name for name, one in samples.items() if OOF in known.splits(one.keys)}
    if told and folded and folded != samples.keys():
        others = ", ".join(sorted(samples.keys() - folded))
        told.append(
            f"{', '.join(sorted(folded))} cross-validated (data.folds), {others} not: train all "
            "members in one of the two ways; name=ANOTHER keeps what was published before"
        )
    return told


def gaps(samples: Mapping[str, MemberSamples], known: SampleKeys, shared: set[str]) -> list[str]:
    """Find samples of a shared split that the first member has and another lacks, or vice versa."""
    (first, one), *others = samples.items()
    found = []
    for other, two in others:
        for lacking, lacks, holder, has in ((other, two, first, one), (first, one, other, two)):
            elsewhere = np.zeros(len(known.ids), dtype=np.bool_)
            elsewhere[known.sample(lacks.keys)] = True
            keys = known.within(has.keys, shared)
            absent = keys[~elsewhere[known.sample(keys)]]
            for split in sorted(known.splits(absent)):
                ids = known.texts(known.sample(known.within(absent, {split}))).to_pylist()
                found.append(
                    f"split {split}: {lacking} lacks {len(ids)} samples that {holder} has: "
                    f"{name_some(ids, _MOST_NAMED)}"
                )
    return found


def _tell(value: object) -> str:
    return "none" if value == -1 else str(value)
