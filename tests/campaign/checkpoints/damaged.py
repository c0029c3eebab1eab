"""Checkpoints that lost or flipped something on the way."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from campaign.case import Case, Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.material import Material
from campaign.checkpoints.changing import NO, ON


def _damaged() -> list[Case]:
    def copied(
        change: Callable[[bytearray], object], run: str = "text"
    ) -> Callable[[Path, Material], object]:
        def prepare(work: Path, material: Material) -> None:
            material.put_plain(work)
            content = bytearray(
                (material.trained() / f"runs/{run}/checkpoints/best.ckpt").read_bytes()
            )
            change(content)
            (work / "given.ckpt").write_bytes(content)

        return prepare

    def case(name: str, change: Callable[[bytearray], object], run: str = "text") -> Case:
        arguments = (*ON, "ckpt=given.ckpt", "device=cpu", "hydra.run.dir=run")
        return Case(
            f"checkpoints/{name}", Kind.hostile_file, "predict", arguments, NO, copied(change, run)
        )

    def flip(where: float) -> Callable[[bytearray], object]:
        def change(content: bytearray) -> None:
            content[int(where * (len(content) - 1))] ^= 1 << random.Random(where).randrange(8)

        return change

    def shorten(share: float) -> Callable[[bytearray], object]:
        def change(content: bytearray) -> None:
            del content[int(share * len(content)) :]

        return change

    def zeros(content: bytearray) -> None:
        content[len(content) // 3 : len(content) // 2] = bytes(
            len(content) // 2 - len(content) // 3
        )

    return [
        *(case(f"cut_at_{share:g}", shorten(share)) for share in (0.01, 0.3, 0.7, 0.999)),
        # In weights, in between and in the directory at the end; where nothing is stored a flip
        # may well be harmless, so all of these lie in what is.
        *(case(f"flipped_at_{where:g}", flip(where)) for where in (0.15, 0.33, 0.5, 0.61, 0.8)),
        case("flipped_image_model", flip(0.4), "image"),
        case("zeros_in_the_middle", zeros),
        case("junk_before", lambda content: content.insert(0, 7)),
        case("twice", lambda content: content.extend(bytes(content)[: len(content) // 2])),
    ]


CASES = [*_damaged()]
