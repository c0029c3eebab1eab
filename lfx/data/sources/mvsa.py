"""The official folder layout of MVSA-Single: data/ID.jpg, data/ID.txt, labelResultAll.txt."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lfx.data.column import FileColumn, TextColumn
from lfx.data.encoding import decode_tweet
from lfx.data.reading import Reading, Samples
from lfx.data.values import is_blank
from lfx.runtime.checked import checked
from lfx.runtime.errors import DataError

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
        """Read all pairs.

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
        if not len(reading.samples) and not reading.bad:
            raise DataError(f"data.root={self.root} holds no text and no image")
        return reading

    def _labelled(self, root: Path, file: Path) -> Reading:
        pairs = _Pairs(root)
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
                reason = f"{reason} (allowed: two of {allowed}, with a comma between)"
                pairs.bad.append((name, reason))
                continue
            label = merge_labels(labels[0], labels[1], self.protocol)
            if label is None:
                dropped.append(name)
            else:
                pairs.read(name, CLASSES.index(label))
        note = f"label protocol {self.protocol}: {len(dropped)} pairs dropped"
        return pairs.reading(CLASSES, [note] if dropped else [], tuple(dropped))

    def _unlabelled(self, root: Path) -> Reading:
        folder = root / "data"
        names = sorted({path.stem for path in folder.iterdir() if path.suffix in {".jpg", ".txt"}})
        pairs = _Pairs(root)
        for name in names:
            pairs.read(name, None)
        return pairs.reading((), [f"no {LABEL_FILE}: the pairs are unlabelled"])


class _Pairs:
    """Collects the pairs of an MVSA folder."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "data"
        self.ids: list[str] = []
        self.texts: list[str | None] = []
        self.images: list[Path | None] = []
        self.labels: list[int | None] = []
        self.bad: list[tuple[str, str]] = []
        self.encodings: Counter[str] = Counter()

    def read(self, name: str, label: int | None) -> None:
        """Add a sample, which may lack its text or its image, or a reason to `bad`."""
        image: Path | None = self.folder / f"{name}.jpg"
        text = None
        try:
            text, encoding = decode_tweet((self.folder / f"{name}.txt").read_bytes())
            self.encodings[encoding] += 1
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:  # ValueError: a name with a null byte
            self.bad.append((name, f"data/{name}.txt cannot be read: {error}"))
            return
        if image is not None and not image.is_file():
            image = None
        if text is None and image is None:
            self.bad.append((name, f"there is neither data/{name}.txt nor data/{name}.jpg"))
            return
        self.ids.append(name)
        self.texts.append(None if text is None or is_blank(text) else text)
        self.images.append(image)
        self.labels.append(label)

    def reading(
        self, classes: tuple[str, ...], notes: list[str], left_out: tuple[str, ...] = ()
    ) -> Reading:
        """Return what was read, with notes on the texts' encodings."""
        for encoding, note in (
            ("gb18030", "{} texts are not UTF-8 and were decoded as GB18030"),
            ("replaced", "{} texts are in no known encoding; their bad bytes were replaced"),
        ):
            if self.encodings[encoding]:
                notes.append(note.format(self.encodings[encoding]))
        columns = {"text": TextColumn(self.texts), "image": FileColumn(self.images)}
        samples = Samples(self.ids, columns, self.labels)
        return Reading(samples, classes, tuple(self.bad), tuple(notes), left_out)
