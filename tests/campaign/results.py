"""Checks of what a run has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.material import TEXT, predicted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.case import Expectation, Outcome
    from campaign.material import Material, Row


def same_as(rows: list[Row], arguments: tuple[str, ...] = TEXT) -> Expectation:
    """Expect the bits of a run on the same rows written plainly, as JSON Lines."""

    def check(outcome: Outcome, material: Material) -> str | None:
        twin = material.twin(rows, arguments)
        got = predicted(outcome.work / "run/predictions.parquet")
        if got.keys() != twin.keys():
            lost, new = sorted(twin.keys() - got.keys()), sorted(got.keys() - twin.keys())
            return f"{len(lost)} ids lost {lost[:3]}, {len(new)} new {new[:3]}"
        differing = [name for name in twin if got[name][:2] != twin[name][:2]]
        if differing:
            name = differing[0]
            return f"{len(differing)} samples have another split or label: {name} {got[name][:2]}"
        differing = [name for name in twin if got[name] != twin[name]]
        return f"{len(differing)} samples have other logits" if differing else None

    return check


def holds(ids: Sequence[str], classes: Sequence[str] | None = None) -> Expectation:
    """Expect that each of some samples is predicted, and which classes there are."""

    def check(outcome: Outcome, _material: Material) -> str | None:
        got = predicted(outcome.work / "run/predictions.parquet")
        if got.keys() != set(ids):
            lost, new = sorted(set(ids) - got.keys()), sorted(got.keys() - set(ids))
            return f"{len(lost)} ids lost {lost[:3]}, {len(new)} new {new[:3]}"
        found = {label for _, label, _ in got.values() if label is not None}
        if classes is not None and found != set(classes):
            return f"classes {sorted(found)}, not {sorted(classes)}"
        return None

    return check
