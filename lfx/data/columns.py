"""Reading the columns of a table from a file of any supported format."""

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
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Up to these numbers a float of the column's width represents every integer exactly.
_EXACT = {"halffloat": 2**11, "float": 2**24}


@dataclass(frozen=True)
class Format:
    """Settings of a table's format.

    Attributes:
        separator: between the cells of a CSV or TSV; None: detected from the header.
        encoding: of a CSV, TSV or JSON Lines file; None: from the byte-order mark, else UTF-8.
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
        cells: those of the wanted columns that the file has: name to (rows,) values.
        rows: (rows,) each row's name in messages, such as `line 12`.
        unreadable: name and reason of each row that could not be read.
        notes: messages to log at level info.
        warnings: messages to log as warnings.
        exact: for columns of narrow floats, the number from which on integers lose digits.
        class_names: for columns of integers, the class names that the file gives them.
    """

    names: tuple[str, ...]
    cells: dict[str, list[Any]]
    rows: Sequence[str]
    unreadable: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    exact: dict[str, int] | None = None
    class_names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def exact_in(self, name: str) -> int:
        """Return the number from which on a column's integers may have lost digits."""
        return (self.exact or {}).get(name, EXACT)


def read_columns(file: Path, wanted: Collection[str], format_: Format | None = None) -> Columns:
    """Read columns of a table; the file's extension decides how.

    Args:
        file: a file that ends in one of `FORMATS`.
        wanted: names of columns; those that the file lacks are left out.
        format_: settings of the format; None: the defaults.

    Raises:
        DataError: the file is missing, of another kind, or cannot be read at all.
        ConfigError: the encoding is unknown, or the file's format has no such setting.
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
        if kind in _SEPARATORS:
            return _delimited_columns(text, wanted, _SEPARATORS[kind], given)
        return _read_json_lines(text, wanted)
    except (OSError, DataError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{file} cannot be read as a {kind[1:]} table: {reason}") from error


def _check_format(given: Format, kind: str) -> None:
    problems = []
    if given.separator is not None and kind not in _SEPARATORS:
        problems.append(f"data.source.separator is only read with CSV and TSV, not {kind}")
    if given.quoting != "auto" and kind not in _SEPARATORS:
        problems.append(f"data.source.quoting is only read with CSV and TSV, not {kind}")
    if given.encoding is not None and kind == ".parquet":
        problems.append("data.source.encoding is not read with .parquet")
    if problems:
        raise ConfigError("\n".join(problems))


def _decode(raw: bytes, encoding: str | None, *, settable: bool) -> str:
    """Decode a file by the setting, its byte-order mark, or as UTF-8; nothing else is guessed."""
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    name = encoding or marked or "utf-8"
    if marked and not codecs.lookup(name).name.startswith(marked.removesuffix("-sig")):
        raise DataError(
            f"it begins with the byte-order mark of {marked.removesuffix('-sig').upper()}, not of "
            f"data.source.encoding={encoding}; data.source.encoding=null reads it"
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


def _delimited_columns(text: str, wanted: Collection[str], usual: str, given: Format) -> Columns:
    rows = read_delimited(text, usual, wanted, separator=given.separator, quoting=given.quoting)
    _refuse_repeated(rows.header, wanted)
    positions = {name: rows.header.index(name) for name in wanted if name in rows.header}
    return Columns(
        tuple(rows.header),
        {name: [cells[at] for cells in rows.cells] for name, at in positions.items()},
        [f"line {line}" for line in rows.lines],
        tuple((f"line {line}", reason) for line, reason in rows.unreadable),
        tuple(rows.notes),
        tuple(rows.warnings),
    )


def _read_json_lines(text: str, wanted: Collection[str]) -> Columns:
    objects, lines, unreadable = read_json_lines(text)
    if not objects and not unreadable:
        raise DataError("the file is empty")
    names = tuple(dict.fromkeys(name for entry in objects for name in entry))
    return Columns(
        names,
        {name: [entry.get(name) for entry in objects] for name in wanted if name in set(names)},
        [f"line {line}" for line in lines],
        tuple((f"line {line}", reason) for line, reason in unreadable),
    )


def _read_parquet(file: Path, wanted: Collection[str]) -> Columns:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        names = parquet.read_schema(file).names
        _refuse_repeated(names, wanted)
        table = parquet.read_table(file, columns=[name for name in wanted if name in names])
        table.validate(full=True)  # a damaged file may hold texts that are not UTF-8
        cells = {name: _values(table.column(name)) for name in table.column_names}
    except pa.ArrowException as error:
        raise DataError(str(error).splitlines()[0]) from error
    kinds = {column.name: str(column.type) for column in table.schema}
    exact = {name: _EXACT[kind] for name, kind in kinds.items() if kind in _EXACT}
    rows = [f"row {row}" for row in range(1, table.num_rows + 1)]
    return Columns(tuple(names), cells, rows, exact=exact, class_names=_class_names(table.schema))


def _class_names(schema: pa.Schema) -> dict[str, tuple[str, ...]]:
    import pyarrow as pa

    integers = [column.name for column in schema if pa.types.is_integer(column.type)]
    known = {name: read_class_names(schema.metadata, name) for name in integers}
    return {name: names for name, names in known.items() if names is not None}


def _values(column: pa.ChunkedArray) -> list[Any]:
    import pyarrow as pa

    try:
        if not _loses_nanoseconds(column):
            return list(column.to_pylist())
    except (ValueError, OverflowError):  # times in nanoseconds, which Python's times lack
        pass
    return list(column.cast(pa.string()).to_pylist())


def _loses_nanoseconds(column: pa.ChunkedArray) -> bool:
    """Return whether times of day have nanoseconds, which `to_pylist` drops silently."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if kind != pa.time64("ns"):
        return False
    try:
        column.cast(kind).cast(pa.time64("us"))
    except pa.ArrowInvalid:
        return True
    return False


def _refuse_repeated(names: Sequence[str], wanted: Collection[str]) -> None:
    counts = Counter(names)
    twice = [name for name in wanted if counts[name] > 1]
    if twice:
        raise DataError(f"it has more than one column {name_some(twice)}")
