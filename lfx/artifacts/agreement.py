"""Whether members belong together, and what stands against it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.data.samples import OOF
from lfx.runtime.errors import ArtifactError, name_some

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lfx.artifacts.predictions import Metadata, Predictions

_log = logging.getLogger(__name__)
_MOST_NAMED = 5
Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class MemberSamples:
    """One member with one row per sample: (split, sample id) → row, in the order of the rows."""

    position: dict[Key, int]
    group: np.ndarray[Any, Any]
    label: np.ndarray[Any, Any]
    logits: np.ndarray[Any, np.dtype[np.float64]]


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


def shared_splits(samples: Mapping[str, MemberSamples]) -> set[str]:
    """Give the splits that all members have; the others are told in the log.

    Raises:
        ArtifactError: there is none.
    """
    there = {name: {split for split, _ in member.position} for name, member in samples.items()}
    shared = set.intersection(*there.values())
    for split in sorted(set.union(*there.values()) - shared):
        lacking = [name for name, splits in there.items() if split not in splits]
        _log.warning("split %s is left out of the join: no rows in %s", split, ", ".join(lacking))
    if not shared:
        listed = "; ".join(f"{name} has {', '.join(sorted(has))}" for name, has in there.items())
        refuse_together([f"no split is in all members: {listed}"])
    return shared


def contradictions(samples: Mapping[str, MemberSamples], shared: set[str]) -> list[str]:
    """Find samples of which members hold different things: split, label or group."""
    # What the first member that has a sample says of it.
    known: dict[str, tuple[str, str, int, str]] = {}
    torn: dict[tuple[str, str, str], list[str]] = {}
    for name, one in samples.items():
        for (split, sample), row in sorted(one.position.items()):
            own = (name, split, int(one.label[row]), str(one.group[row]))
            holder, *facts = known.setdefault(sample, own)
            if facts[0] != split:
                moved = f"{sample} ({facts[0]} and {split})"
                torn.setdefault((holder, name, "split"), []).append(moved)
            elif split in shared:
                for what, fact, value in zip(("label", "group"), facts[1:], own[2:], strict=True):
                    if fact != value:
                        pair = f"{sample} ({_tell(fact)} and {_tell(value)})"
                        torn.setdefault((holder, name, what), []).append(pair)
    say = {
        "split": "are in one split in {} and in another in {}",
        "label": "have one label in {} and another in {}",
        "group": "have one group in {} and another in {}",
    }
    told = [
        f"{len(found)} samples {say[what].format(one, two)}: {name_some(found, _MOST_NAMED)}"
        for (one, two, what), found in torn.items()
    ]
    folded = {name for name, one in samples.items() if OOF in {split for split, _ in one.position}}
    if told and folded and folded != samples.keys():
        others = ", ".join(sorted(samples.keys() - folded))
        told.append(
            f"{', '.join(sorted(folded))} cross-validated (data.folds), {others} not: train all "
            "members in one of the two ways; name=ANOTHER keeps what was published before"
        )
    return told


def gaps(samples: Mapping[str, MemberSamples], shared: set[str]) -> list[str]:
    """Find samples of a shared split that the first member has and another lacks, or vice versa."""
    (first, one), *others = samples.items()
    found = []
    for other, two in others:
        for lacking, lacks, holder, has in ((other, two, first, one), (first, one, other, two)):
            elsewhere = {sample for _, sample in lacks.position}
            absent: dict[str, list[str]] = {}
            for split, sample in has.position:
                if split in shared and sample not in elsewhere:
                    absent.setdefault(split, []).append(sample)
            found += [
                f"split {split}: {lacking} lacks {len(ids)} samples that {holder} has: "
                f"{name_some(ids, _MOST_NAMED)}"
                for split, ids in sorted(absent.items())
            ]
    return found


def _tell(value: object) -> str:
    return "none" if value == -1 else str(value)
