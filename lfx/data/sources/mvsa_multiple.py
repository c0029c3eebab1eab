"""MVSA-Multiple: the folder of MVSA-Single, with the labels of three annotators in each row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lfx.data.sources.mvsa import CLASSES, LABEL_FILE, merge_labels
from lfx.data.sources.mvsa_folder import MvsaFolder
from lfx.runtime.checked import checked
from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.data.reading import Reading

_ANNOTATORS = 3


def majority(labels: Sequence[str]) -> str | None:
    """Return the label that more than half of the annotators give; None where none is.

    Example:
        >>> majority(["neutral", "positive", "neutral"])
        'neutral'
    """
    label, count = Counter(labels).most_common(1)[0]
    return label if 2 * count > len(labels) else None


def merge_annotations(
    annotations: Sequence[tuple[str, str]], protocol: str
) -> tuple[str | None, bool]:
    """Return one label for what all annotators say of a pair.

    Args:
        annotations: (annotators,) the labels of text and image that each gives.
        protocol: how the majority's label of the text and that of the image become one; see
            `merge_labels`.

    Returns:
        The label, or None where the pair is dropped; and whether there is a majority for both.
    """
    texts, images = zip(*annotations, strict=True)
    text, image = majority(texts), majority(images)
    if text is None or image is None:
        return None, False
    return merge_labels(text, image, protocol), True


@checked
@dataclass(frozen=True)
class MvsaMultipleSource:
    """Reads an MVSA-Multiple folder; without the label file its samples are unlabelled.

    Of 19,600 pairs the literature keeps 17,024: 11,318 positive, 4,408 neutral, 1,298 negative.

    Attributes:
        root: the folder with labelResultAll.txt and data/.
        protocol: how the labels of text and image become one, each that of two of three annotators.
            `merged`: equal labels stay, neutral yields to the other, opposites are dropped.
            `equal`: only pairs with equal labels stay.
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
        undecided = 0
        annotated: Counter[str] = Counter()
        for number, name, cells in rows:
            annotations = [one for one in map(_annotation, cells) if one is not None]
            if not len(annotations) == len(cells) == _ANNOTATORS:
                folder.bad.append((name, _unknown(number, cells)))
                continue
            views = zip(*annotations, strict=True)
            annotated[", ".join(majority(labels) or "no majority" for labels in views)] += 1
            label, is_decided = merge_annotations(annotations, self.protocol)
            undecided += not is_decided
            if label is None:
                dropped.append(name)
            else:
                folder.add(name, CLASSES.index(label))
        note = (
            f"label protocol {self.protocol}: {len(dropped)} pairs dropped, {undecided} of them "
            "since no two of three annotators agree"
        )
        return folder.reading(CLASSES, [note] if dropped else [], dropped, annotated)


def _annotation(cell: str) -> tuple[str, str] | None:
    """Return an annotator's labels of text and image; None where the cell holds something else."""
    text, _, image = (part.strip().lower() for part in cell.partition(","))
    return (text, image) if {text, image} <= set(CLASSES) else None


def _unknown(number: int, cells: Sequence[str]) -> str:
    """Return what is wrong with a row of labels."""
    return (
        f"unknown labels {shorten(ascii(' '.join(cells)))} in line {number} of {LABEL_FILE} "
        f"(allowed: {_ANNOTATORS} times two of {', '.join(CLASSES)} with a comma between, and tabs "
        "between the annotators)"
    )
