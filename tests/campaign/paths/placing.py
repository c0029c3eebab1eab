"""A case of training on the plain table, somewhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.case import Case, Expectation, Kind, right
from campaign.material import plain_rows
from campaign.results import same_as

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.material import Material

SAME = right(same_as(plain_rows()))


def case(
    name: str,
    arguments: tuple[str, ...],
    expect: Expectation,
    change: Callable[[Path], object] = lambda _work: None,
    stage: str = "train",
    *trained: str,
) -> Case:
    def prepare(work: Path, material: Material) -> None:
        material.put_plain(work)
        if trained:
            material.put_trained(work, *trained)
        change(work)

    return Case(f"paths/{name}", Kind.bad_input, stage, arguments, expect, prepare)
