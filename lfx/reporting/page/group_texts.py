"""The texts around the explorer of a group of fusions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lfx.runtime.escaping import for_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.reporting.page.fusion_group import FusionGroup
    from lfx.reporting.page.previews import Previews


def group_texts(
    group: FusionGroup, groups: Sequence[FusionGroup], previews: Previews | None
) -> dict[str, Any]:
    """Return the suffix of headings, a line on the members, and notes, all on one line each.

    Args:
        group: the fusions.
        groups: all groups of the page.
        previews: of the samples' contents; None: the page has not got them.
    """
    names, seeds = _names(group), _seeds(group)
    members = f"{names} on {group.data}, seed {seeds}"
    notes = [
        f"{count} of {count + len(group.rows[split])} {split} samples are left out, at random: the "
        "page has no room for them"
        for split, count in group.left_out.items()
    ]
    others = [fusion.title for fusion in group.fusions if fusion.weights is None]
    if others:
        notes.append(
            "no weighted mean of the members' probabilities, so no point of this explorer: "
            + ", ".join(others)
        )
    fitted = next(iter(group.rows))
    if fitted != group.reported and any(fusion.weights is not None for fusion in group.fusions):
        notes.append(
            f"lfx.fuse scores {fitted} by cross-fitting, each part by weights that were found "
            f"without it; here one weighting is applied to all of {fitted}"
        )
    lacking = {name: counts for name, counts in group.joined.missing().items() if counts}
    if lacking:
        notes.append("where a member lacks a sample, the others share its weight in proportion")
    case_notes = [] if previews is None else list(previews.notes)
    if previews is None:
        case_notes.append("data=… (and data.root=…) adds texts, pictures and sounds")
    return {
        "suffix": for_line(suffix_of(group, groups)),
        "members": for_line(members),
        "notes": [for_line(note) for note in notes],
        "case_notes": [for_line(note) for note in case_notes],
    }


def _names(group: FusionGroup) -> str:
    return " + ".join(group.joined.names)


def _seeds(group: FusionGroup) -> str:
    return ", ".join(map(str, sorted({origin.seed for origin in group.joined.origins})))


def suffix_of(group: FusionGroup, groups: Sequence[FusionGroup]) -> str:
    """Return what distinguishes a group from the others, for headings."""
    if len(groups) == 1:
        return ""
    parts = [f" of {_names(group)}"]
    parts += [f" on {group.data}"] if len({one.data for one in groups}) > 1 else []
    parts += [f", seed {_seeds(group)}"] if len({_seeds(one) for one in groups}) > 1 else []
    return "".join(parts)
