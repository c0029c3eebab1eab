"""What samples hold: named columns, each of texts, files or numbers; a sample may have none."""

from __future__ import annotations

import hashlib
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lfx.data.column_base import Column, Rows, sha256
from lfx.data.embedded import write_embedded
from lfx.data.file_digests import digest_files
from lfx.data.number_column import NumberColumn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Column",
    "FileColumn",
    "NumberColumn",
    "Rows",
    "TextColumn",
    "column_of",
    "texts_digest",
]

_TEXTS = pa.large_string()


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
        return TextColumn(self.values.take(_indices(rows)), self.kept_flaws(rows))

    def texts(self, rows: Rows) -> list[str]:
        """Return the texts at positions that have one."""
        return list(self.values.take(_indices(rows)).to_pylist())

    def digests(self, cache_dir: Path) -> list[str | None]:
        """Return the digest of each text in UTF-8."""
        del cache_dir
        return [None if text is None else sha256(text.encode()) for text in self.values.to_pylist()]

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

    def first(self, count: int) -> list[Path | bytes]:
        """Return the first files, at most so many."""
        contents = (one for one in self.contents if one is not None)
        return [Path(one) if isinstance(one, str) else one for one in islice(contents, count)]

    def at(self, rows: Rows) -> FileColumn:
        """Return the files at some positions."""
        indices = np.asarray(rows, dtype=np.int64)
        digests = None if self._digests is None else _take(self._digests, indices)
        return FileColumn(_take(self.contents, indices), self.kept_flaws(rows), digests)

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
                    digests[row] = sha256(content)
            self._digests = digests
        return list(self._digests)


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


def texts_digest(texts: pa.Array) -> bytes:
    """Return the SHA-256 of Arrow strings: of their lengths, -1 for null, and their bytes."""
    lengths = pc.fill_null(pc.binary_length(texts).cast(pa.int64()), -1)
    content = hashlib.sha256(lengths.to_numpy(zero_copy_only=False).tobytes())
    content.update("".join(filter(None, texts.to_pylist())).encode())
    return content.digest()
