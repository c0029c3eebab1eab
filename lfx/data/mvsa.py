"""The official folder layout of MVSA-Single: data/ID.jpg, data/ID.txt, labelResultAll.txt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lfx.data.encoding import decode_tweet
from lfx.data.samples import Reading, Sample
from lfx.runtime.checked import checked
from lfx.runtime.errors import DataError

CLASSES = ("negative", "neutral", "positive")
LABEL_FILE = "labelResultAll.txt"


def merge_labels(text: str, image: str, protocol: str) -> str | None:
    """Make one label of a pair's two.

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
    """Reads an MVSA folder. Without the label file its pairs are unlabelled.

    Attributes:
        root: the folder with labelResultAll.txt and data/.
        protocol: how two labels become one. `merged`: equal labels stay, neutral yields to the
            other, opposites are dropped. `equal`: only pairs with equal labels stay.
    """

    root: str
    protocol: Literal["merged", "equal"] = "merged"

    def read(self) -> Reading:
        """Read every pair.

        Raises:
            DataError: the folder is missing, empty, or has no `data` folder.
        """
        root = Path(self.root).expanduser()
        if not root.is_dir():
            raise DataError(f"data.root={self.root} is not a folder; give the folder of the data")
        if not (root / "data").is_dir():
            raise DataError(
                f"data.root={self.root} has no folder data/; the official layout is data/ID.jpg, "
                f"data/ID.txt and {LABEL_FILE}"
            )
        labels = root / LABEL_FILE
        reading = self._labelled(root, labels) if labels.is_file() else self._unlabelled(root)
        if not reading.samples and not reading.bad:
            raise DataError(f"data.root={self.root} holds no image-text pair")
        return reading

    def _labelled(self, root: Path, file: Path) -> Reading:
        samples: list[Sample] = []
        bad: list[tuple[str, str]] = []
        encodings: Counter[str] = Counter()
        dropped: list[str] = []
        lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        for number, line in enumerate(lines, start=1):
            name, _, pair = line.partition("\t")
            if not line.strip() or (number == 1 and name.strip().lower() == "id"):
                continue
            name = name.strip() or f"line {number}"
            labels = [label.strip().lower() for label in pair.split(",")]
            if len(labels) != len(("text", "image")) or not set(labels) <= set(CLASSES):
                allowed = ", ".join(CLASSES)
                reason = f"unknown label {pair.strip()!r} in line {number} of {LABEL_FILE}"
                bad.append((name, f"{reason} (allowed: two of {allowed}, with a comma between)"))
                continue
            label = merge_labels(labels[0], labels[1], self.protocol)
            if label is None:
                dropped.append(name)
                continue
            read = _read_pair(root, name)
            if isinstance(read, str):
                bad.append((name, read))
                continue
            text, encoding, image = read
            encodings[encoding] += 1
            samples.append(Sample(name, text, image, CLASSES.index(label)))
        notes = [f"label protocol {self.protocol}: {len(dropped)} pairs dropped"] if dropped else []
        notes += _encoding_notes(encodings)
        return Reading(tuple(samples), CLASSES, tuple(bad), tuple(notes), tuple(dropped))

    def _unlabelled(self, root: Path) -> Reading:
        folder = root / "data"
        names = sorted({path.stem for path in folder.iterdir() if path.suffix in {".jpg", ".txt"}})
        samples: list[Sample] = []
        bad: list[tuple[str, str]] = []
        encodings: Counter[str] = Counter()
        for name in names:
            read = _read_pair(root, name)
            if isinstance(read, str):
                bad.append((name, read))
                continue
            text, encoding, image = read
            encodings[encoding] += 1
            samples.append(Sample(name, text, image, None))
        notes = (f"no {LABEL_FILE}: the pairs are unlabelled", *_encoding_notes(encodings))
        return Reading(tuple(samples), (), tuple(bad), notes)


def _read_pair(root: Path, name: str) -> tuple[str, str, Path] | str:
    """Give text, encoding and image of a pair, or why there is none."""
    image = root / "data" / f"{name}.jpg"
    try:
        text, encoding = decode_tweet((root / "data" / f"{name}.txt").read_bytes())
    except FileNotFoundError:
        return f"there is no data/{name}.txt"
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        return f"data/{name}.txt cannot be read: {error}"
    if not image.is_file():
        return f"there is no data/{name}.jpg"
    return text, encoding, image


def _encoding_notes(encodings: Counter[str]) -> tuple[str, ...]:
    notes = []
    if encodings["gb18030"]:
        notes.append(f"{encodings['gb18030']} texts are not UTF-8 and were decoded as GB18030")
    if encodings["replaced"]:
        count = encodings["replaced"]
        notes.append(f"{count} texts are in no known encoding; their bad bytes were replaced")
    return tuple(notes)
