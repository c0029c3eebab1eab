"""What every column of samples is, whatever it holds."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

Rows = Sequence[int] | npt.NDArray[np.int64]


class Column(ABC):
    """The content of the samples in one column.

    Attributes:
        kind: of the content, as messages call it: `texts`, `files` or `numbers`.
        present: (samples,) whether each sample has content here.
        flaws: position → why the content cannot be used, as far as it is known without opening a
            file: a cell of another type, or the name of a file that does not exist.
    """

    kind: ClassVar[str]
    present: npt.NDArray[np.bool_]
    flaws: Mapping[int, str]

    def __len__(self) -> int:
        return len(self.present)

    @abstractmethod
    def __getitem__(self, row: int) -> Any:
        """Return a sample's content; None if it has none."""

    @abstractmethod
    def at(self, rows: Rows) -> Self:
        """Return the content of the samples at positions `rows`, in that order."""

    @abstractmethod
    def digests(self, cache_dir: Path) -> list[str | None]:
        """Return (samples,) SHA-256 of each content; None where it is absent or unreadable.

        Args:
            cache_dir: where digests of files are kept between runs.
        """

    def ties(self, cache_dir: Path) -> list[str | None]:
        """Return (samples,) keys: samples with the same key belong together; None ties nothing."""
        return self.digests(cache_dir)

    def without(self, rows: npt.NDArray[np.bool_]) -> Self:
        """Return the column without the content of some samples.

        Args:
            rows: (samples,) mask.
        """
        where = np.arange(len(self))
        return self.at(np.where(rows, -1, where))

    def kept_flaws(self, rows: Rows) -> dict[int, str]:
        """Return the flaws of the samples at some positions, by their new positions."""
        if not self.flaws:
            return {}
        return {at: self.flaws[row] for at, row in enumerate(rows) if row in self.flaws}


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
