"""The files of an MVSA folder: data/ID.jpg and data/ID.txt, either of which may be missing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from lfx.data.column import FileColumn, TextColumn
from lfx.data.encoding import decode_tweet
from lfx.data.reading import Reading, Sample, Samples
from lfx.data.values import is_blank
from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTES = {
    "gb18030": "{} texts are not UTF-8 and were decoded as GB18030",
    "replaced": "{} texts are in no known encoding; their bad bytes were replaced",
}


class MvsaFolder:
    """Collects the samples of an MVSA folder.

    Args:
        root: the folder that has `data/`.
        label_file: name of the file of labels, for messages.

    Raises:
        DataError: there is no such folder.
    """

    def __init__(self, root: str, label_file: str) -> None:
        self.root = Path(root).expanduser()
        self.label_file = label_file
        self.samples: list[Sample] = []
        self.bad: list[tuple[str, str]] = []
        self.encodings: Counter[str] = Counter()
        if not self.root.is_dir():
            raise DataError(f"data.root={root} is not a folder; give the folder of the data")
        if not (self.root / "data").is_dir():
            raise DataError(
                f"data.root={root} has no folder data/; the official layout is data/ID.jpg, "
                f"data/ID.txt and {label_file}"
            )

    def names(self) -> list[str]:
        """Return the ids that have a text or an image."""
        files = (self.root / "data").iterdir()
        return sorted({file.stem for file in files if file.suffix in {".jpg", ".txt"}})

    def label_lines(self) -> list[tuple[int, str, list[str]]] | None:
        """Return number, id and further cells of each row of labels; None: there is no such file.

        A header is left out, and so are lines without content.
        """
        file = self.root / self.label_file
        if not file.is_file():
            return None
        rows = []
        lines = file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
        for number, line in enumerate(lines, start=1):
            name, *cells = (cell.strip() for cell in line.rstrip().split("\t"))
            if line.strip() and not (number == 1 and name.lower() == "id"):
                rows.append((number, name or f"line {number}", cells))
        return rows

    def add(self, name: str, label: int | None) -> None:
        """Add what a sample has, or to `bad` why it has nothing."""
        shown = name.encode("utf-8", "backslashreplace").decode()
        if shown != name:  # Python reads other bytes of a file's name as half characters
            self.bad.append((shown, "the name of its file in data/ is not UTF-8"))
            return
        try:
            text = self._text(name)
            is_blank_text = text is not None and is_blank(text)
            image = self.root / "data" / f"{name}.jpg"
            columns = {
                "text": None if is_blank_text else text,
                "image": image if image.is_file() else None,
            }
        except (OSError, ValueError) as error:  # ValueError: a name with a null byte
            self.bad.append((name, f"data/{name}.txt cannot be read: {error}"))
            return
        if any(content is not None for content in columns.values()):
            self.samples.append(Sample(id=name, label=label, columns=columns))
        elif is_blank_text:
            self.bad.append((name, f"data/{name}.txt is blank and there is no data/{name}.jpg"))
        else:
            self.bad.append((name, f"there is neither data/{name}.txt nor data/{name}.jpg"))

    def _text(self, name: str) -> str | None:
        try:
            text, encoding = decode_tweet((self.root / "data" / f"{name}.txt").read_bytes())
        except FileNotFoundError:
            return None
        self.encodings[encoding] += 1
        return text

    def reading(
        self,
        classes: tuple[str, ...],
        notes: Sequence[str],
        left_out: Sequence[str] = (),
        annotated: Counter[str] | None = None,
    ) -> Reading:
        """Return what was collected, with notes on the texts' encodings.

        Args:
            classes: names of the classes.
            notes: on what was left out.
            left_out: ids that the label protocol drops.
            annotated: the labels of text and image → number of pairs, dropped ones included.

        Raises:
            DataError: that is nothing.
        """
        if not self.samples and not self.bad:
            raise DataError(f"data.root={self.root} holds no text and no image")
        of_encodings = [
            note.format(self.encodings[name])
            for name, note in _NOTES.items()
            if self.encodings[name]
        ]
        columns = {
            "text": TextColumn([sample.columns["text"] for sample in self.samples]),
            "image": FileColumn([sample.columns["image"] for sample in self.samples]),
        }
        return Reading(
            Samples(
                [sample.id for sample in self.samples],
                columns,
                [sample.label for sample in self.samples],
            ),
            classes,
            tuple(self.bad),
            (*notes, *of_encodings),
            tuple(left_out),
            counts={
                "labels of text and image": dict((annotated or Counter()).most_common()),
                "encoding of the text": dict(self.encodings.most_common()),
            },
        )
