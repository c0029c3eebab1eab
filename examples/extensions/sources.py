"""A data set of one's own: a folder for each class, with pictures and texts of the same name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lfx.data.reading import Reading, Sample
from lfx.runtime.errors import DataError


@dataclass(frozen=True)
class FolderPerClass:
    """Read `root/CLASS/NAME.png` with `root/CLASS/NAME.txt`.

    Attributes:
        root: the folder that holds the classes' folders.
        ending: of the pictures' names.
    """

    root: str
    ending: str = ".png"

    def read(self) -> Reading:
        """Read every picture that has a text.

        Raises:
            DataError: there are none.
        """
        pictures = sorted(Path(self.root).glob(f"*/*{self.ending}"))
        classes = sorted({picture.parent.name for picture in pictures})
        samples = [
            Sample(
                id=f"{picture.parent.name}/{picture.stem}",
                label=classes.index(picture.parent.name),
                columns={
                    "text": picture.with_suffix(".txt").read_text(encoding="utf-8"),
                    "image": picture,
                },
            )
            for picture in pictures
            if picture.with_suffix(".txt").is_file()
        ]
        if not samples:
            raise DataError(f"data.root={self.root} has no picture CLASS/NAME{self.ending}")
        return Reading(tuple(samples), tuple(classes))
