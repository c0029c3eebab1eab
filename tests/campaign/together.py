"""Trainings that start together on a cold checkout: each has the bits of one alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.bits import Bits, bits_of, differences
from campaign.material import IMAGE, TEXT
from campaign.sandbox import new_sandbox

if TYPE_CHECKING:
    import random

GROUPS, OF_EACH = 12, 3
_PATIENCE = 180.0
_SMALL = (
    "data.source.pairs=200",
    "trainer.device=cpu",
    "trainer.progress=false",
    "trainer.max_epochs=1",
    "logger=none",
)
_KINDS = {
    "image": (*IMAGE[:3], *_SMALL),
    "text": (*TEXT[:2], *_SMALL),
    "text_contrastive": ("modality=text_contrastive", TEXT[1], *_SMALL),
    "image_contrastive": ("modality=image_contrastive", *IMAGE[1:3], *_SMALL),
}
_MIXES = [
    ("image", "text", "text_contrastive"),
    ("text", "text", "text"),
    ("image", "image", "image"),
    ("image", "text", "image_contrastive"),
]


@dataclass(frozen=True)
class Group:
    """What came of trainings that were started together.

    Attributes:
        kinds: what they were.
        how: which settings they shared.
        wrong: what is wrong with any of them.
    """

    kinds: tuple[str, ...]
    how: str
    wrong: list[str]


def alone(kind: str) -> Bits:
    """Give the bits of a training that has the checkout for itself."""
    box = new_sandbox()
    try:
        run = box.start("train", (*_KINDS[kind], "hydra.run.dir=runs/0"))
        status = run.wait(_PATIENCE)
        run.end()
        assert status == 0, run.files[1].read_text()
        return bits_of(box.work / "runs/0")
    finally:
        box.clear()


def start_together(number: int, bits: dict[str, Bits], chance: random.Random) -> Group:
    """Start three trainings at once where nothing is there yet, and compare their bits."""
    kinds = _MIXES[number % len(_MIXES)]
    drop = chance.random() < 0.5
    shared = ("data.on_bad_sample=drop",) if drop else ()
    box, wrong = new_sandbox(), []
    try:
        runs = [
            box.start("train", (*_KINDS[kind], *shared, f"hydra.run.dir=runs/{at}"))
            for at, kind in enumerate(kinds)
        ]
        for at, (kind, run) in enumerate(zip(kinds, runs, strict=True)):
            status = run.wait(_PATIENCE)
            run.end()
            if status != 0:
                wrong.append(f"{kind}: status {status}: {run.files[1].read_text()[-800:]}")
                continue
            found = differences(bits[kind], bits_of(box.work / f"runs/{at}"))
            wrong += [f"{kind}: {one}" for one in found]
        return Group(kinds, "on_bad_sample=drop" if drop else "", wrong)
    finally:
        box.clear()


def needed(groups: int) -> list[str]:
    """Name the kinds of training in the first so many groups."""
    return sorted({kind for number in range(groups) for kind in _MIXES[number % len(_MIXES)]})
