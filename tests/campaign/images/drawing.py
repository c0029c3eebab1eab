"""Ways of writing pictures, and cases of training on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy.typing as npt
from PIL import Image

from campaign.case import Case, Expectation, Kind
from campaign.material import IMAGE, picture, plain_rows, table, write_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.material import Material

Pixels = npt.NDArray[Any]

IDS = [row["id"] for row in plain_rows()]


def written(
    name: str,
    ending: str,
    write: Callable[[int, Path], object],
    expect: Expectation,
    *arguments: str,
) -> Case:
    """Make a case in which every row's picture is written another way."""

    def prepare(work: Path, material: Material) -> None:
        data = material.put_plain(work)
        rows = plain_rows()
        for number, row in enumerate(rows):
            (data / row["image"]).unlink()
            row["image"] = f"images/{number:03}{ending}"
            write(number, data / row["image"])
        write_jsonl(data / "plain.jsonl", rows)

    return Case(
        f"images/{name}",
        Kind.bad_input,
        "train",
        (*IMAGE, *table("plain.jsonl"), *arguments),
        expect,
        prepare,
    )


def one(
    name: str,
    write: Callable[[Path], object],
    expect: Expectation,
    ending: str = ".png",
    *,
    kind: Kind = Kind.bad_input,
    base: tuple[str, ...] = IMAGE,
    arguments: tuple[str, ...] = (),
) -> Case:
    """Make a case in which one row's picture is odd."""

    def prepare(work: Path, material: Material) -> None:
        data = material.put_plain(work)
        rows = plain_rows()
        rows[3]["image"] = f"images/odd{ending}"
        write(data / "images" / f"odd{ending}")
        write_jsonl(data / "plain.jsonl", rows)

    return Case(
        f"images/{name}", kind, "train", (*base, *table("plain.jsonl"), *arguments), expect, prepare
    )


def rgb(number: int) -> Image.Image:
    return Image.fromarray(picture(number))


def same_as_pictures(key: str, pixels: Callable[[int], Pixels]) -> Expectation:
    """Expect the bits of a run on some pictures, written plainly as PNG."""

    def check(outcome: Any, material: Material) -> str | None:
        return material.compare_pictures(outcome.work, key, pixels, IMAGE)

    return check
