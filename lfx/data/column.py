"""What samples hold: named columns, each of texts, files or numbers; a sample may have none."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lfx.data.embedded import write_embedded
from lfx.data.file_digests import digest_files

if TYPE_CHECKING:
    from typing import Self

Rows = Sequence[int] | npt.NDArray[np.int64]
# Arrays of fewer different numbers may be equal by chance.
_FEWEST_NUMBERS = 8
_TEXTS = pa.large_string()


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

    def _kept_flaws(self, rows: Rows) -> dict[int, str]:
        if not self.flaws:
            return {}
        return {at: self.flaws[row] for at, row in enumerate(rows) if row in self.flaws}


class TextColumn(Column):
    """Texts, as Arrow strings.

    Args:
        texts: (samples,) None where a sample has none.
        flaws: position → problem, at positions without a text.
    """

    kind = "texts"

    def __init__(
        self, texts: Sequence[str | None] | pa.Array, flaws: Mapping[int, str] | None = None
    ) -> None:
        given: Any = texts
        self.values: Any = given if isinstance(given, pa.Array) else pa.array(given, _TEXTS)
        self.flaws = flaws or {}
        self.present = np.array(self.values.is_valid().to_numpy(zero_copy_only=False), np.bool_)
        self.present[list(self.flaws)] = True

    def __getitem__(self, row: int) -> str | None:
        text: str | None = self.values[int(row)].as_py()
        return text

    def at(self, rows: Rows) -> TextColumn:
        """Return the texts at some positions."""
        return TextColumn(self.values.take(_indices(rows)), self._kept_flaws(rows))

    def texts(self, rows: Rows) -> list[str]:
        """Return the texts at positions that have one."""
        return list(self.values.take(_indices(rows)).to_pylist())

    def digests(self, cache_dir: Path) -> list[str | None]:
        """Return the digest of each text in UTF-8."""
        del cache_dir
        return [
            None if text is None else _sha256(text.encode()) for text in self.values.to_pylist()
        ]

    def ties(self, cache_dir: Path) -> list[str | None]:
        """Return nothing: texts are compared by their words (`lfx.data.duplicates`)."""
        del cache_dir
        return [None] * len(self)


class FileColumn(Column):
    """Files, each by its path or, if a table holds it, by its bytes.

    Args:
        contents: (samples,) None where a sample has none.
        flaws: position → problem, at positions without a file.
    """

    kind = "files"

    def __init__(
        self,
        contents: Sequence[Path | str | bytes | None] | npt.NDArray[np.object_],
        flaws: Mapping[int, str] | None = None,
        digests: npt.NDArray[np.object_] | None = None,
    ) -> None:
        self.contents = np.empty(len(contents), dtype=object)
        self.contents[:] = [str(one) if isinstance(one, Path) else one for one in contents]
        self.flaws = flaws or {}
        self.present = np.array([one is not None for one in self.contents], dtype=bool)
        self.present[list(self.flaws)] = True
        self._digests = digests

    def __getitem__(self, row: int) -> Path | bytes | None:
        content = self.contents[int(row)]
        return Path(content) if isinstance(content, str) else content

    def is_embedded(self, row: int) -> bool:
        """Return whether a table holds the file itself."""
        return isinstance(self.contents[row], bytes)

    def at(self, rows: Rows) -> FileColumn:
        """Return the files at some positions."""
        indices = np.asarray(rows, dtype=np.int64)
        digests = None if self._digests is None else _take(self._digests, indices)
        return FileColumn(_take(self.contents, indices), self._kept_flaws(rows), digests)

    def files(self, rows: Rows, cache_dir: Path) -> list[Path]:
        """Return the paths at positions that have a file; embedded ones are written first.

        Args:
            rows: positions.
            cache_dir: embedded files go into its folder `embedded`.
        """
        contents = [self.contents[int(row)] for row in rows]
        return write_embedded(
            [one if isinstance(one, bytes) else Path(one) for one in contents],
            cache_dir / "embedded",
        )

    def digests(self, cache_dir: Path) -> list[str | None]:
        """Return the digest of each file's bytes."""
        if self._digests is None:
            paths = [row for row, one in enumerate(self.contents) if isinstance(one, str)]
            digests = np.empty(len(self), dtype=object)
            digests[paths] = digest_files([Path(self.contents[row]) for row in paths], cache_dir)
            for row, content in enumerate(self.contents):
                if isinstance(content, bytes):
                    digests[row] = _sha256(content)
            self._digests = digests
        return list(self._digests)


class NumberColumn(Column):
    """Numbers: a vector, or a sequence of vectors over time.

    Args:
        values: (all steps, features) those of the first sample, of the second, and so on.
        starts: (samples + 1,) sample i has `values[starts[i]:starts[i + 1]]`; if that is empty, it
            has none.
        flaws: position → problem, at positions without numbers.
    """

    kind = "numbers"

    def __init__(
        self,
        values: npt.NDArray[np.float32],
        starts: npt.NDArray[np.int64],
        flaws: Mapping[int, str] | None = None,
    ) -> None:
        self.values = values
        self.starts = starts
        self.flaws = flaws or {}
        self.present = np.diff(starts) > 0
        self.present[list(self.flaws)] = True

    def __getitem__(self, row: int) -> npt.NDArray[np.float32] | None:
        array = self.array(int(row))
        return array if len(array) else None

    @property
    def width(self) -> int:
        """The number of features."""
        return int(self.values.shape[1])

    @classmethod
    def of(
        cls, arrays: Sequence[npt.ArrayLike | None], flaws: Mapping[int, str] | None = None
    ) -> NumberColumn:
        """Return a column of arrays, each `(features,)` or `(time, features)`.

        Args:
            arrays: (samples,) of one number of features; None or an empty one: absent.
            flaws: position → problem, at positions without numbers.

        Raises:
            ValueError: an array has another shape than these, or other features.

        Example:
            >>> column = NumberColumn.of([[1, 2], None, [[3, 4], [5, 6]]])
            >>> column.present.tolist(), column.array(2).shape
            ([True, False, True], (2, 2))
        """
        steps = [None if one is None else _steps(np.asarray(one)) for one in arrays]
        filled = [one for one in steps if one is not None and len(one)]
        widths = sorted({one.shape[1] for one in filled})
        if len(widths) > 1:
            raise ValueError(f"numbers of features differ between samples: {widths[:5]}")
        lengths = [0 if one is None else len(one) for one in steps]
        starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
        width = widths[0] if widths else 0
        values = np.concatenate(filled) if filled else np.empty((0, width))
        return cls(np.asarray(values, dtype=np.float32), starts, flaws)

    def array(self, row: int) -> npt.NDArray[np.float32]:
        """Return a sample's numbers, (time, features); time is 1 for a plain vector."""
        return self.values[self.starts[row] : self.starts[row + 1]]

    def at(self, rows: Rows) -> NumberColumn:
        """Return the numbers at some positions."""
        indices = np.asarray(rows, dtype=np.int64)
        lengths = np.where(indices < 0, 0, np.diff(self.starts)[indices])
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        firsts = self.starts[indices]
        steps = np.repeat(firsts - starts[:-1], lengths) + np.arange(starts[-1])
        return NumberColumn(self.values[steps], starts, self._kept_flaws(rows))

    def digests(self, cache_dir: Path) -> list[str | None]:
        """Return the digest of each sample's numbers and their shape."""
        del cache_dir
        has = np.diff(self.starts) > 0
        return [self._digest(row) if has[row] else None for row in range(len(self))]

    def ties(self, cache_dir: Path) -> list[str | None]:
        """Return the digests of arrays with enough different numbers not to be equal by chance."""
        return [
            digest
            if digest is not None and len(np.unique(self.array(row))) >= _FEWEST_NUMBERS
            else None
            for row, digest in enumerate(self.digests(cache_dir))
        ]

    def _digest(self, row: int) -> str:
        array = np.ascontiguousarray(self.array(row))
        return _sha256(repr(array.shape).encode() + array.tobytes())


def column_of(contents: Sequence[Any]) -> Column:
    """Return a column of one kind: texts (str), files (Path or bytes), or numbers.

    Args:
        contents: (samples,) None where a sample has none.

    Raises:
        ValueError: the kinds are mixed or unknown, or arrays differ in their features.

    Example:
        >>> column_of(["a tweet", None]).kind, column_of([Path("a.png"), b"..."]).kind
        ('texts', 'files')
    """
    kinds = {type(one) for one in contents if one is not None}
    if all(issubclass(kind, str) for kind in kinds):
        return TextColumn(contents)
    if all(issubclass(kind, Path | bytes) for kind in kinds):
        return FileColumn(contents)
    if all(issubclass(kind, list | tuple | np.ndarray) for kind in kinds):
        return NumberColumn.of(contents)
    names = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise ValueError(
        f"a column holds texts (str), files (Path or bytes) or numbers (arrays); got {names}"
    )


def _steps(array: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """Return an array as (time, features) float32."""
    if array.dtype.kind not in "fiu" or array.ndim not in {1, 2}:
        raise ValueError(
            f"numbers are (features,) or (time, features); got {array.dtype} of shape {array.shape}"
        )
    if array.size == 0:
        return np.empty((0, array.shape[-1]), dtype=np.float32)
    return np.atleast_2d(array.astype(np.float32))


def _indices(rows: Rows) -> pa.Array:
    """Return positions for Arrow; -1 becomes null, which takes nothing."""
    indices = np.asarray(rows, dtype=np.int64)
    return pa.array(indices, mask=indices < 0)


def _take(
    contents: npt.NDArray[np.object_], indices: npt.NDArray[np.int64]
) -> npt.NDArray[np.object_]:
    taken = contents[indices]
    taken[indices < 0] = None
    return taken


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def texts_digest(texts: pa.Array) -> bytes:
    """Return the SHA-256 of Arrow strings: of their lengths, -1 for null, and their bytes."""
    lengths = pc.fill_null(pc.binary_length(texts).cast(pa.int64()), -1)
    content = hashlib.sha256(lengths.to_numpy(zero_copy_only=False).tobytes())
    content.update("".join(filter(None, texts.to_pylist())).encode())
    return content.digest()
