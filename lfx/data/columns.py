"""A table's file to columns of cells, whatever its format."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lfx.data.class_labels import read_class_names
from lfx.data.delimited import read_delimited
from lfx.data.json_lines import read_json_lines
from lfx.data.values import EXACT
from lfx.runtime.errors import ConfigError, DataError, name_some

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pyarrow as pa

FORMATS = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
_USUAL = {".csv": ",", ".tsv": "\t"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Whole numbers that a float of a column's width tells from the next.
_EXACT = {"halffloat": 2**11, "float": 2**24}


@dataclass(frozen=True)
class Format:
    """What a table's file does not say itself.

    Attributes:
        separator: between the cells of a CSV or TSV; None: told from the header.
        encoding: of a CSV, TSV or JSON Lines file; None: UTF-8, or what its byte-order mark says.
        quoting: `auto`, `quoted` or `none`, see `lfx.data.delimited.read_delimited`.
    """

    separator: str | None = None
    encoding: str | None = None
    quoting: str = "auto"


@dataclass(frozen=True)
class Columns:
    """Cells of a table, as its file holds them.

    Attributes:
        names: all columns of the file, in order.
        cells: the wanted columns that are there: name to (rows,) values.
        rows: (rows,) what a message calls each row, such as `line 12`.
        broken: name and reason of each row that could not be read.
        notes: sentences worth a note.
        warnings: sentences worth a warning.
        exact: for columns of narrow floats, where whole numbers begin to lose digits.
        class_names: for columns of whole numbers, the names of the classes that the file says they
            number.
    """

    names: tuple[str, ...]
    cells: dict[str, list[Any]]
    rows: Sequence[str]
    broken: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    exact: dict[str, int] | None = None
    class_names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def exact_in(self, name: str) -> int:
        """Give the number from which on a column's whole numbers may have lost digits."""
        return (self.exact or {}).get(name, EXACT)


def read_columns(file: Path, wanted: Collection[str], format_: Format | None = None) -> Columns:
    """Read columns of a table by the ending of its name.

    Args:
        file: a file that ends in one of `FORMATS`.
        wanted: names of columns; those that the file lacks are left out.
        format_: what the file does not say itself; None: nothing is known.

    Raises:
        DataError: the file is missing, of another kind, or damaged as a whole.
        ConfigError: there is no such encoding, or the file's format has no such setting.
    """
    given = format_ or Format()
    kind = file.suffix.lower()
    if not file.is_file():
        raise DataError(f"there is no table {file}")
    if kind not in FORMATS:
        raise DataError(f"{file}: a table ends in one of {', '.join(FORMATS)}")
    _check_format(given, kind)
    try:
        if kind == ".parquet":
            return _read_parquet(file, wanted)
        text = _decode(file.read_bytes(), given.encoding, settable=format_ is not None)
        if kind in _USUAL:
            return _read_delimited(text, wanted, _USUAL[kind], given)
        return _read_json_lines(text, wanted)
    except (OSError, DataError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{file} cannot be read as a {kind[1:]} table: {reason}") from error


def _check_format(given: Format, kind: str) -> None:
    problems = []
    if given.separator is not None and kind not in _USUAL:
        problems.append(f"data.source.separator is only read with CSV and TSV, not {kind}")
    if given.quoting != "auto" and kind not in _USUAL:
        problems.append(f"data.source.quoting is only read with CSV and TSV, not {kind}")
    if given.encoding is not None and kind == ".parquet":
        problems.append("data.source.encoding is not read with .parquet")
    if problems:
        raise ConfigError("\n".join(problems))


def _decode(raw: bytes, encoding: str | None, *, settable: bool) -> str:
    """Decode a file; nothing is guessed beyond its byte-order mark."""
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    name = encoding or marked or "utf-8"
    if marked and not codecs.lookup(name).name.startswith(marked.removesuffix("-sig")):
        raise DataError(
            f"it begins as {marked.removesuffix('-sig').upper()} does, with its byte-order mark, "
            f"not as data.source.encoding={encoding} says; data.source.encoding=null reads it"
        )
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        what = name.upper().removesuffix("-SIG")
        hint = "data.source.encoding names the file's own, such as cp1252 or gb18030"
        raise DataError(
            f"line {line} is not {what} (byte 0x{raw[error.start]:02x}); "
            + (hint if settable else "write it as UTF-8")
        ) from error
    except UnicodeError as error:
        raise DataError(f"it is not {name}: {error}") from error
    text = text.lstrip("\ufeff")
    if encoding is None and text[:100].count("\0") * 4 > len(text[:100]):
        hint = "data.source.encoding=utf-16-le or utf-16-be names that"
        raise DataError(
            "it begins with null characters, as UTF-16 without a byte-order mark does; "
            + (hint if settable else "write it as UTF-8")
        )
    return text


def _read_delimited(text: str, wanted: Collection[str], usual: str, given: Format) -> Columns:
    rows = read_delimited(text, usual, wanted, separator=given.separator, quoting=given.quoting)
    _refuse_twice(rows.header, wanted)
    places = {name: rows.header.index(name) for name in wanted if name in rows.header}
    return Columns(
        tuple(rows.header),
        {name: [cells[place] for cells in rows.cells] for name, place in places.items()},
        [f"line {line}" for line in rows.lines],
        tuple((f"line {line}", reason) for line, reason in rows.broken),
        tuple(rows.notes),
        tuple(rows.warnings),
    )


def _read_json_lines(text: str, wanted: Collection[str]) -> Columns:
    objects, lines, broken = read_json_lines(text)
    if not objects and not broken:
        raise DataError("the file is empty")
    names = tuple(dict.fromkeys(name for one in objects for name in one))
    return Columns(
        names,
        {name: [one.get(name) for one in objects] for name in wanted if name in set(names)},
        [f"line {line}" for line in lines],
        tuple((f"line {line}", reason) for line, reason in broken),
    )


def _read_parquet(file: Path, wanted: Collection[str]) -> Columns:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        names = parquet.read_schema(file).names
        _refuse_twice(names, wanted)
        table = parquet.read_table(file, columns=[name for name in wanted if name in names])
        table.validate(full=True)  # a damaged file may hold texts that are no UTF-8
        cells = {name: _values(table.column(name)) for name in table.column_names}
    except pa.ArrowException as error:
        raise DataError(str(error).splitlines()[0]) from error
    exact = {one.name: _EXACT[str(one.type)] for one in table.schema if str(one.type) in _EXACT}
    rows = [f"row {row}" for row in range(1, table.num_rows + 1)]
    return Columns(tuple(names), cells, rows, exact=exact, class_names=_class_names(table.schema))


def _class_names(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    import pyarrow as pa

    numbers = [one.name for one in schema if pa.types.is_integer(one.type)]
    found = {name: read_class_names(schema.metadata, name) for name in numbers}
    return {name: names for name, names in found.items() if names is not None}


def _values(column: pa.ChunkedArray) -> list[Any]:
    import pyarrow as pa

    try:
        if not _would_be_cut(column):
            return list(column.to_pylist())
    except (ValueError, OverflowError):  # times to the nanosecond, which Python's lack
        pass
    return list(column.cast(pa.string()).to_pylist())


def _would_be_cut(column: pa.ChunkedArray) -> bool:
    """Say whether times of day have nanoseconds, which `to_pylist` leaves out without a word."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if kind != pa.time64("ns"):
        return False
    try:
        column.cast(kind).cast(pa.time64("us"))
    except pa.ArrowInvalid:
        return True
    return False


def _refuse_twice(names: Sequence[str], wanted: Collection[str]) -> None:
    counts = Counter(names)
    twice = [name for name in wanted if counts[name] > 1]
    if twice:
        raise DataError(f"it has more than one column {name_some(twice)}")
