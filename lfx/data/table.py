"""Samples from a CSV, Parquet or JSON Lines file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.data.samples import Reading, Sample
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")


def read_columns(file: Path, text_columns: Sequence[str] = ()) -> pa.Table:
    """Read a table by the ending of its name.

    Args:
        file: a file that ends in one of `FORMATS`.
        text_columns: columns of a CSV that stay strings, so that the id `007` does not become 7.

    Raises:
        DataError: the file is missing, of another kind, or damaged.
    """
    import pyarrow as pa
    from pyarrow import csv, json, parquet

    if not file.is_file():
        raise DataError(f"there is no table {file}")
    kind = file.suffix.lower()
    try:
        if kind in {".csv", ".tsv"}:
            delimiter = "\t" if kind == ".tsv" else ","
            table = csv.read_csv(
                file,
                parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
                convert_options=csv.ConvertOptions(
                    column_types={name: pa.string() for name in text_columns},
                    null_values=[""],  # by default a tweet that says `null` would be none
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
        elif kind == ".parquet":
            table = parquet.read_table(file)
        elif kind in {".jsonl", ".ndjson"}:
            table = json.read_json(file)
            # Texts that all look like dates were made dates; they stay as they are written.
            dates = [
                (one.name, pa.string()) for one in table.schema if pa.types.is_timestamp(one.type)
            ]
            if dates:
                options = json.ParseOptions(explicit_schema=pa.schema(dates))
                table = json.read_json(file, parse_options=options)
        else:
            raise DataError(f"{file}: a table ends in one of {', '.join(FORMATS)}")
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file} cannot be read as a {kind[1:]} table: {error}") from error
    names = Counter(table.column_names)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        raise DataError(f"{file} has more than one column {name_some(twice)}")
    return table


@dataclass(frozen=True)
class TableSource:
    """Reads a table of samples.

    Attributes:
        root: the folder that image paths, and the table's own, are relative to.
        file: the table.
        id: column with the sample's id.
        text: column with the text.
        image: column with the image's path.
        label: column with the class name; None: the samples are unlabelled.
        split: column with the split; None: there is none.
        classes: class names in order; None: all that occur, sorted.
    """

    root: str
    file: str
    id: str = "id"
    text: str = "text"
    image: str = "image"
    label: str | None = "label"
    split: str | None = None
    classes: Sequence[str] | None = None

    def read(self) -> Reading:
        """Read every row.

        Raises:
            DataError: the table is missing, empty, or lacks a column.
        """
        root = Path(self.root).expanduser()
        if not root.is_dir():
            raise DataError(f"data.root={self.root} is not a folder; give the folder of the data")
        wanted = {
            "id": self.id,
            "text": self.text,
            "image": self.image,
            "label": self.label,
            "split": self.split,
        }
        columns = {role: name for role, name in wanted.items() if name is not None}
        file = root / self.file
        table = read_columns(file, list(columns.values()))
        lacking = sorted(name for name in columns.values() if name not in table.column_names)
        if lacking:
            raise DataError(
                f"{file} has no column {name_some(lacking)}; it has "
                f"{name_some(table.column_names)}. data.source.id, text, image, label and split "
                "name the columns (label=null: unlabelled)"
            )
        if table.num_rows == 0:
            raise DataError(f"{file} has no rows")
        data = {role: table.column(name).to_pylist() for role, name in columns.items()}
        for role in {"id", "image", "label", "split"} & set(data):  # a text may well be empty
            data[role] = [None if value == "" else value for value in data[role]]
        classes = self._classes(data.get("label"))
        return _read_rows(data, classes, root)

    def _classes(self, labels: list[Any] | None) -> tuple[str, ...]:
        if self.classes is not None:
            return tuple(self.classes)
        return tuple(sorted({str(label) for label in labels or [] if label is not None}))


def _read_rows(data: dict[str, list[Any]], classes: tuple[str, ...], root: Path) -> Reading:
    samples: list[Sample] = []
    bad: list[tuple[str, str]] = []
    for row, raw_id in enumerate(data["id"]):
        name = f"row {row + 1}" if raw_id is None else str(raw_id)
        label = data["label"][row] if "label" in data else None
        reason = None
        if raw_id is None:
            reason = "it has no id"
        elif data["text"][row] is None:
            reason = "it has no text"
        elif data["image"][row] is None:
            reason = "it has no image"
        elif not (root / str(data["image"][row])).is_file():
            reason = f"there is no image {data['image'][row]}"
        elif label is not None and str(label) not in classes:
            reason = f"unknown label {str(label)!r} (allowed: {', '.join(classes)})"
        if reason is not None:
            bad.append((name, reason))
            continue
        split = data["split"][row] if "split" in data else None
        samples.append(
            Sample(
                id=name,
                text=str(data["text"][row]),
                image=root / str(data["image"][row]),
                label=None if label is None else classes.index(str(label)),
                split=None if split is None else str(split),
            )
        )
    return Reading(tuple(samples), classes, tuple(bad))
