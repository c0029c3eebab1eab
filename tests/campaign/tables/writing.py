"""Ways of writing a table, and a case of training on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from campaign.case import Case, Expectation, Kind
from campaign.material import TEXT, Row, plain_rows, table, write_csv, write_jsonl

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign.material import Material

IDS = [row["id"] for row in plain_rows()]


def table_case(
    name: str,
    file: str,
    write: Callable[[Path], object],
    expect: Expectation,
    *arguments: str,
    model: tuple[str, ...] = TEXT,
) -> Case:
    """Make a case of training on a table that somebody else wrote."""

    def prepare(work: Path, material: Material) -> None:
        write(material.put_pictures(work) / file)

    return Case(
        f"tables/{name}",
        Kind.bad_input,
        "train",
        (*model, *table(file), *arguments),
        expect,
        prepare,
    )


def changed(**values: dict[int, Any]) -> list[Row]:
    """Give the plain rows with some values of some columns changed: column → row → value."""
    rows = plain_rows()
    for column, changes in values.items():
        for number, value in changes.items():
            rows[number][column] = value
    return rows


def unquoted_lines(rows: list[Row], separator: str) -> list[str]:
    """Write rows without any quoting, as an export without quotes does."""
    names = list(rows[0])
    return [
        separator.join(names),
        *(separator.join(str(row[name]) for name in names) for row in rows),
    ]


def as_text(content: str, encoding: str = "utf-8") -> Callable[[Path], object]:
    return lambda file: file.write_bytes(content.encode(encoding))


def unquoted(
    rows: list[Row], separator: str, end: str = "\n", encoding: str = "utf-8"
) -> Callable[[Path], object]:
    return as_text(end.join(unquoted_lines(rows, separator)) + end, encoding)


def as_parquet(rows: list[Row], **types: pa.DataType) -> Callable[[Path], object]:
    def write(file: Path) -> None:
        columns = {name: pa.array([row[name] for row in rows], types.get(name)) for name in rows[0]}
        pq.write_table(pa.table(columns), file)

    return write


def as_jsonl(rows: list[Row]) -> Callable[[Path], object]:
    return lambda file: write_jsonl(file, rows)


def as_csv(rows: list[Row], **options: Any) -> Callable[[Path], object]:
    return lambda file: write_csv(file, rows, **options)
