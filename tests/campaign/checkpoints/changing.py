"""Ways of changing a checkpoint, and cases of loading it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from campaign.case import left, refused, right
from campaign.material import table

if TYPE_CHECKING:
    from campaign.material import Material

ON = table("plain.jsonl")

Content = dict[str, Any]

Edit = Callable[[Content, Path], object]

FINE = right(left("run/predictions.parquet"))

NO = refused("ckpt")


def read(material: Material, run: str, name: str) -> Content:
    file = material.trained() / "runs" / run / "checkpoints" / name
    content: Content = torch.load(file, weights_only=True)
    return content


def put(path: str, value: Any) -> Edit:
    """Give an edit that puts a value at a dotted path."""

    def edit(content: Content, _work: Path) -> None:
        *parents, last = path.split(".")
        node: Any = content
        for key in parents:
            node = node[key]
        node[last] = value

    return edit


def deep(levels: int) -> Any:
    node: Any = 1
    for _ in range(levels):
        node = [node]
    return node
