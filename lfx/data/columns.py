"""Reading the columns of a table from a file of any supported format."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

from lfx.data.cells import Columns, Format, refuse_repeated
from lfx.data.delimited import read_delimited
from lfx.data.json_lines import read_json_lines
from lfx.runtime.errors import ConfigError, DataError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

FORMATS = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_columns(
    file: Path,
    wanted: Collection[str],
    format_: Format | None = None,
    *,
    arrays: bool = False,
    optional: Collection[str] = (),
) -> Columns:
    """Read columns of a table; the file's extension decides how.

    Args:
        file: a file that ends in one of `FORMATS`.
        wanted: names of columns; those that the file lacks are left out.
        format_: settings of the format; None: the defaults.
        arrays: whether columns of lists of numbers are read too, whatever their names.
        optional: those of the wanted columns that need not be there; a header without another is
            taken to have another separator.

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
            from lfx.data.parquet_columns import read_parquet

            return read_parquet(file, wanted, arrays=arrays)
        text = _decode(file.read_bytes(), given.encoding, settable=format_ is not None)
        if kind in _SEPARATORS:
            return _delimited_columns(text, wanted, optional, _SEPARATORS[kind], given)
        return _read_json_lines(text, wanted, arrays=arrays)
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


def _delimited_columns(
    text: str, wanted: Collection[str], optional: Collection[str], usual: str, given: Format
) -> Columns:
    needed = [name for name in wanted if name not in optional]
    rows = read_delimited(text, usual, needed, separator=given.separator, quoting=given.quoting)
    refuse_repeated(rows.header, wanted)
    positions = {name: rows.header.index(name) for name in wanted if name in rows.header}
    return Columns(
        tuple(rows.header),
        {name: [cells[at] for cells in rows.cells] for name, at in positions.items()},
        [f"line {line}" for line in rows.lines],
        tuple((f"line {line}", reason) for line, reason in rows.unreadable),
        tuple(rows.notes),
        tuple(rows.warnings),
    )


def _read_json_lines(text: str, wanted: Collection[str], *, arrays: bool) -> Columns:
    objects, lines, unreadable = read_json_lines(text)
    if not objects and not unreadable:
        raise DataError("the file is empty")
    names = tuple(dict.fromkeys(name for entry in objects for name in entry))
    lists = {name for entry in objects for name, value in entry.items() if _has_numbers(value)}
    listed = tuple(name for name in names if arrays and name in lists)
    read = dict.fromkeys([*(name for name in wanted if name in set(names)), *listed])
    return Columns(
        names,
        {name: [entry.get(name) for entry in objects] for name in read},
        [f"line {line}" for line in lines],
        tuple((f"line {line}", reason) for line, reason in unreadable),
        arrays=listed,
    )


def _has_numbers(value: Any) -> bool:
    """Return whether a value is a list with numbers in it, or in one of its lists."""
    if not isinstance(value, list):
        return False
    return any(
        _is_number(one) or (isinstance(one, list) and any(map(_is_number, one))) for one in value
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
