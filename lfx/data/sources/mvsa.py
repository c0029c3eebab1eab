"""The official folder layout of MVSA-Single: data/ID.jpg, data/ID.txt, labelResultAll.txt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lfx.data.sources.mvsa_folder import MvsaFolder
from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from lfx.data.reading import Reading

CLASSES = ("negative", "neutral", "positive")
LABEL_FILE = "labelResultAll.txt"


def merge_labels(text: str, image: str, protocol: str) -> str | None:
    """Return one label for a pair's two.

    Args:
        text: label of the text: negative, neutral or positive.
        image: label of the image, likewise.
        protocol: `merged` keeps equal labels, lets neutral yield to the other and drops a positive
            against a negative (the paper, section II). `equal` keeps equal labels only.

    Returns:
        The label, or None where the protocol drops the pair.
    """
    if text == image:
        return text
    if protocol == "equal":
        return None
    polar = {text, image} - {"neutral"}
    return polar.pop() if len(polar) == 1 else None


@checked
@dataclass(frozen=True)
class MvsaSource:
    """Reads an MVSA folder; without the label file its pairs are unlabelled.

    Attributes:
        root: the folder with labelResultAll.txt and data/.
        protocol: how two labels become one. `merged`: equal labels stay, neutral yields to the
            other, opposites are dropped. `equal`: only pairs with equal labels stay.
    """

    root: str
    protocol: Literal["merged", "equal"] = "merged"

    def read(self) -> Reading:
        """Read all samples; one without a text, or without an image, has the other alone.

        Raises:
            DataError: the folder is missing, empty, or has no `data` folder.
        """
        folder = MvsaFolder(self.root, LABEL_FILE)
        rows = folder.label_lines()
        if rows is None:
            for name in folder.names():
                folder.add(name, None)
            return folder.reading((), [f"no {LABEL_FILE}: the samples are unlabelled"])
        dropped: list[str] = []
        annotated: Counter[str] = Counter()
        for number, name, cells in rows:
            pair = " ".join(cells)
            labels = [label.strip().lower() for label in pair.split(",")]
            if len(labels) != len(("text", "image")) or not set(labels) <= set(CLASSES):
                allowed = ", ".join(CLASSES)
                reason = f"unknown label {pair!r} in line {number} of {LABEL_FILE}"
                reason = f"{reason} (allowed: two of {allowed}, with a comma between)"
                folder.bad.append((name, reason))
                continue
            annotated[", ".join(labels)] += 1
            label = merge_labels(labels[0], labels[1], self.protocol)
            if label is None:
                dropped.append(name)
            else:
                folder.add(name, CLASSES.index(label))
        note = f"label protocol {self.protocol}: {len(dropped)} pairs dropped"
        return folder.reading(CLASSES, [note] if dropped else [], dropped, annotated)
