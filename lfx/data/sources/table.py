"""Samples from a CSV, TSV, Parquet or JSON Lines file."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from annotated_types import MinLen

from lfx.data.cells import Format
from lfx.data.columns import read_columns
from lfx.data.quotation import Quoting
from lfx.data.sources.table_rows import Roles, read_rows
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, DataError, name_some, shorten

if TYPE_CHECKING:
    from lfx.data.reading import Reading

_TABS = {"\\t": "\t", "tab": "\t"}
# Columns of the file that need no naming, where it has them.
_USUAL = ("text", "image", "audio")
_ARRAY_FILES = (".npy", ".npz")
# What is known of a sample beside its content.
_ROLES = ("id", "label", "split", "group")


@checked
@dataclass(frozen=True)
class TableSource:
    """Reads a table of samples.

    A column that a setting names must be in the file. The names that are defaults need not be:
    without a column `label` the samples are unlabelled, without `image` they have no images.

    Attributes:
        root: the folder that the paths in the table, and of the table, are relative to.
        file: the table.
        id: column with the sample's id.
        text: column with the text; None: the samples have none.
        image: column with the image: its path, its bytes, these in base64, or bytes and path; None:
            the samples have none.
        columns: further content: NAME → the file's column. `audio`, and columns of lists of
            numbers, need no naming; `NAME: null` leaves one out. A file that ends in .npy or .npz
            has the numbers of all samples, by their ids or in the table's order.
        label: column with the class name; None: the samples are unlabelled.
        split: column with the split, for `data.split=file`; None: there is none.
        group: column with the group of samples that belong together, such as a video or a patient;
            None: there is none.
        classes: class names in order; None: all that occur, sorted, or in the order of the names
            in a Parquet file.
        separator: between the cells of a CSV or TSV, one character or `tab`; None: detected from
            the header.
        encoding: of a CSV, TSV or JSON Lines file; None: UTF-8, or UTF-16 with a byte-order mark.
        quoting: whether a quotation mark at the start of a CSV or TSV cell quotes it: `quoted`,
            `none`, or `auto`: detected from the rows.
    """

    root: str
    file: str
    id: str = "id"
    text: str | None = "text"
    image: str | None = "image"
    columns: Mapping[str, str | None] = field(default_factory=dict)
    label: str | None = "label"
    split: str | None = "split"
    group: str | None = "group"
    classes: Annotated[Sequence[str], MinLen(1)] | None = None
    separator: str | None = None
    encoding: str | None = None
    quoting: Quoting = "auto"

    def __post_init__(self) -> None:
        """Refuse an unknown separator or encoding, and content that is named twice or is none."""
        problems = [
            f"data.source.columns.{role} is no content; data.source.{role}="
            f"{self.columns[role] or 'null'} names the column with the samples' {role}"
            for role in _ROLES
            if role in self.columns
        ]
        for name, usual in (("text", self.text), ("image", self.image)):
            if name in self.columns and usual not in {name, self.columns[name]}:
                problems.append(
                    f"data.source.{name}={usual} and data.source.columns.{name}="
                    f"{self.columns[name]} contradict each other; give one of them"
                )
        separator = self._separator()
        if separator is not None and (len(separator) != 1 or separator in '"\r\n\0'):
            problems.append(
                "data.source.separator is one character other than a quotation mark or a line "
                f"break, or tab; got {shorten(ascii(self.separator))}"
            )
        if self.encoding is not None and not _is_encoding(self.encoding):
            problems.append(
                "data.source.encoding is a name that Python knows, such as utf-8, utf-16, cp1252 "
                f"or gb18030; got {shorten(ascii(self.encoding))}"
            )
        if problems:
            raise ConfigError("\n".join(problems))

    def _separator(self) -> str | None:
        return None if self.separator is None else _TABS.get(self.separator, self.separator)

    def read(self) -> Reading:
        """Read all rows.

        Raises:
            DataError: the table is missing, empty, or lacks a column.
        """
        root = Path(self.root).expanduser()
        if not root.is_dir():
            raise DataError(f"data.root={self.root} is not a folder; give the folder of the data")
        named = {role: getattr(self, role) for role in _ROLES}
        content = dict.fromkeys(_USUAL) | {name: name for name in _USUAL}
        content |= {"text": self.text, "image": self.image, **self.columns}
        files = {
            name: root / column
            for name, column in content.items()
            if column is not None and column.lower().endswith(_ARRAY_FILES)
        }
        wanted = {name: column for name, column in content.items() if name not in files}
        file = root / self.file
        sought = {role: column for role, column in (named | wanted).items() if column is not None}
        # A default's name need not be there, but that of the id.
        optional = {role for role, column in sought.items() if column == role}
        optional -= {"id", *self.columns}
        table = read_columns(
            file,
            sorted(set(sought.values())),
            Format(self._separator(), self.encoding, self.quoting),
            arrays=True,
            optional=optional,
        )
        missing = sorted(
            {
                column
                for role, column in sought.items()
                if column not in table.cells and role not in optional
            }
        )
        if missing and table.names:
            raise DataError(
                f"{file} has no column {name_some(missing)}; it has {name_some(table.names)}. "
                "data.source.id, text, image, label, split and group, and "
                "data.source.columns.NAME, name the columns (label=null: unlabelled)"
            )
        if not table.rows and not table.unreadable:
            raise DataError(f"{file} has no rows")
        taken = {*sought.values()}
        listed = {name: name for name in table.arrays if name not in taken and name not in content}
        columns = {
            name: column
            for name, column in (wanted | listed).items()
            if column is not None and column in table.cells
        }
        if not columns and not files and table.names:
            raise DataError(
                f"{file} has no content: no column {', '.join(_USUAL)}, and none of lists of "
                f"numbers; it has {name_some(table.names)}. data.source.columns.NAME=COLUMN names "
                "one"
            )
        roles = {role: column for role, column in named.items() if column in table.cells}
        return read_rows(table, Roles(roles, columns, files), self.classes, root)


def _is_encoding(name: str) -> bool:
    try:
        "".encode(codecs.lookup(name).name)  # codecs such as rot13 do not encode to bytes
    except (LookupError, ValueError):
        return False
    return True
