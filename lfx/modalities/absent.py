"""Columns that new data lack when a trained model is applied to them."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lfx.data.column import Column, FileColumn, NumberColumn, TextColumn
from lfx.modalities.joint.modality import JointModality
from lfx.runtime.errors import DataError, name_some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lfx.data.samples import SampleTable
    from lfx.modalities.modality import Modality

log = logging.getLogger(__name__)

_BUILD: Mapping[type[Column], Callable[[Sequence[Any]], Column]] = {
    TextColumn: TextColumn,
    FileColumn: FileColumn,
    NumberColumn: NumberColumn.of,
}


def with_absent_columns(modality: Modality, table: SampleTable) -> SampleTable:
    """Return the data with an empty column wherever a part of a joint model has nothing to read.

    A column without any content counts as absent, whatever kind it was taken for.

    Args:
        modality: what a trained model reads.
        table: all samples.

    Raises:
        DataError: there is nothing that the model reads, or a column holds another kind of content.
            The message names settings of the data: those of the model are fixed.
    """
    parts = modality.parts if isinstance(modality, JointModality) else {"": modality}
    lost = {name: part for name, part in parts.items() if not _has_content(part, table)}
    kept = {name: part for name, part in parts.items() if name not in lost}
    problems = [problem for part in kept.values() for problem in _wrong_kinds(part, table)]
    needed = [one for one in lost.values() if not kept or _BUILD.keys().isdisjoint(one.kinds)]
    if needed:
        missing = _columns_of(needed)
        problems.append(
            f"the data have {_lack_of(missing, table)}, which the model reads; they have "
            f"{name_some(table.columns)}. In data=table {_settings_of(missing)} names the file's"
        )
    if problems:
        raise DataError("\n".join(problems))
    if not lost:
        return table
    log.warning(
        "the data have %s: every sample lacks %s, and the model goes by %s alone",
        _lack_of(_columns_of(lost.values()), table),
        " and ".join(lost),
        " and ".join(kept),
    )
    columns = dict(table.columns)
    for part in lost.values():
        build = next(_BUILD[kind] for kind in part.kinds if kind in _BUILD)
        for name in part.columns():
            if not isinstance(columns.get(name), part.kinds):
                columns[name] = build([None] * len(table))
    return replace(table, columns=columns)


def _has_content(part: Modality, table: SampleTable) -> bool:
    read = [table.columns[name] for name in part.columns() if name in table.columns]
    return any(column.present.any() for column in read)


def _wrong_kinds(part: Modality, table: SampleTable) -> list[str]:
    if len(part.columns()) > 1:  # of a class of the user's, which checks them itself
        return []
    wanted = " or ".join(kind.kind for kind in part.kinds if kind is not Column)
    return [
        f"column {name} holds {table.columns[name].kind}, and the model reads {wanted}; "
        f"in data=table {_settings_of([name])} names another"
        for name in part.columns()
        if name in table.columns and not isinstance(table.columns[name], part.kinds)
    ]


def _columns_of(parts: Iterable[Modality]) -> list[str]:
    return [*dict.fromkeys(name for part in parts for name in part.columns())]


def _lack_of(columns: Sequence[str], table: SampleTable) -> str:
    """Return which columns the data do not have, and which of theirs are empty, in words."""
    absent = [name for name in columns if name not in table.columns]
    empty = [name for name in columns if name in table.columns]
    lacks = [f"no column {' or '.join(absent)}"] if absent else []
    lacks += [f"nothing in column {' and '.join(empty)}"] if empty else []
    return " and ".join(lacks)


def _settings_of(columns: Sequence[str]) -> str:
    return " or ".join(f"data.source.columns.{name}=COLUMN" for name in columns)
