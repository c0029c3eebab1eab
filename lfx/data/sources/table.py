"""Samples from a CSV, TSV, Parquet or JSON Lines file."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import MinLen

from lfx.data.class_labels import name_label, uses_names
from lfx.data.columns import Columns, Format, read_columns
from lfx.data.embedded import cell_image
from lfx.data.quotation import Quoting
from lfx.data.samples import Reading, Sample
from lfx.data.values import cell_id, cell_text, rounded_ids
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, DataError, name_some, shorten

if TYPE_CHECKING:
    from collections.abc import Mapping

_TABS = {"\\t": "\t", "tab": "\t"}


@checked
@dataclass(frozen=True)
class TableSource:
    """Reads a table of samples.

    Attributes:
        root: the folder that the paths of the images and of the table are relative to.
        file: the table.
        id: column with the sample's id.
        text: column with the text.
        image: column with the image: its path, its bytes, these in base64, or bytes and path.
        label: column with the class name; None: the samples are unlabelled.
        split: column with the split; None: there is none.
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
    text: str = "text"
    image: str = "image"
    label: str | None = "label"
    split: str | None = None
    group: str | None = None
    classes: Annotated[Sequence[str], MinLen(1)] | None = None
    separator: str | None = None
    encoding: str | None = None
    quoting: Quoting = "auto"

    def __post_init__(self) -> None:
        """Refuse an unknown separator or encoding."""
        problems = []
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
        named = {
            "id": self.id,
            "text": self.text,
            "image": self.image,
            "label": self.label,
            "split": self.split,
            "group": self.group,
        }
        roles = {role: name for role, name in named.items() if name is not None}
        file = root / self.file
        table = read_columns(
            file,
            sorted(set(roles.values())),
            Format(self._separator(), self.encoding, self.quoting),
        )
        missing = sorted(set(roles.values()) - set(table.cells))
        if missing and table.names:
            raise DataError(
                f"{file} has no column {name_some(missing)}; it has {name_some(table.names)}. "
                "data.source.id, text, image, label, split and group name the columns "
                "(label=null: unlabelled)"
            )
        if not table.rows and not table.unreadable:
            raise DataError(f"{file} has no rows")
        return _read_rows(table, roles, self.classes, root)


def _is_encoding(name: str) -> bool:
    try:
        "".encode(codecs.lookup(name).name)  # codecs such as rot13 do not encode to bytes
    except (LookupError, ValueError):
        return False
    return True


def _read_rows(
    table: Columns, roles: Mapping[str, str], given: Sequence[str] | None, root: Path
) -> Reading:
    def column(role: str) -> list[Any]:
        name = roles.get(role)
        return table.cells.get(name or "", [None] * len(table.rows))

    names = table.class_names.get(roles.get("label", ""))
    if names is not None and not uses_names(names, given):
        names = None
    read_label = cell_text if names is None else partial(name_label, names=names)
    ids, texts, images, splits, groups = map(column, ("id", "text", "image", "split", "group"))
    read_id = partial(cell_id, exact=table.exact_in(roles["id"]))
    read_group = partial(cell_id, exact=table.exact_in(roles.get("group", "")))
    allowed = None if given is None else set(given)
    samples: list[Sample] = []
    labels: list[str | None] = []
    bad: list[tuple[str, str]] = list(table.unreadable)
    for row, (row_name, label_cell) in enumerate(zip(table.rows, column("label"), strict=True)):
        name, id_problem = _read_cell(read_id, ids[row], "id")
        text, text_problem = _read_cell(cell_text, texts[row], "text")
        image, image_problem = _image(images[row], root)
        label, label_problem = _read_cell(read_label, label_cell, "label")
        split, split_problem = _read_cell(cell_text, splits[row], "split")
        group, group_problem = _read_cell(read_group, groups[row], "group")
        if allowed is not None and label is not None and label not in allowed:
            label_problem = f"unknown label {shorten(label)!r} (allowed: {name_some(given or ())})"
        reason = (
            id_problem
            or ("it has no id" if name is None else None)
            or text_problem
            or ("it has no text" if text is None else None)
            or image_problem
            or ("it has no image" if image is None else None)
            or label_problem
            or split_problem
            or group_problem
        )
        if reason is not None or name is None or text is None or image is None:
            bad.append((name or row_name, reason or ""))
            continue
        samples.append(Sample(name, text, image, None, split, group))
        labels.append(label)
    notes = list(table.notes)
    if names is not None:
        shown = name_some(f"{number} {name}" for number, name in enumerate(names))
        notes.append(f"the file's numbers of classes are read by its names: {shown}")
    classes = _classes(labels, names) if given is None else tuple(given)
    numbers = {name: number for number, name in enumerate(classes)}
    return Reading(
        tuple(
            sample if label is None else replace(sample, label=numbers[label])
            for sample, label in zip(samples, labels, strict=True)
        ),
        classes,
        tuple(bad),
        tuple(notes),
        warnings=(*table.warnings, *rounded_ids(sample.id for sample in samples)),
        only_used=given is None,
    )


def _classes(labels: Sequence[str | None], names: Sequence[str] | None) -> tuple[str, ...]:
    """Return the classes of usable rows: sorted, or in the order of the file's names."""
    used = {label for label in labels if label is not None}
    return tuple(sorted(used) if names is None else (name for name in names if name in used))


def _read_cell(
    read: Callable[[Any], str | None], value: Any, what: str
) -> tuple[str | None, str | None]:
    """Return a cell's content, or the problem with it."""
    try:
        return read(value), None
    except ValueError as error:
        return None, f"its {what} is {error}"


def _image(value: Any, root: Path) -> tuple[Path | bytes | None, str | None]:
    try:
        return cell_image(value, root), None
    except ValueError as error:
        return None, str(error)
