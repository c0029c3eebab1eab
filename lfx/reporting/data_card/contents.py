"""What the samples of a data set have in each column."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from lfx.data.column import FileColumn, TextColumn
from lfx.data.duplicates import first_with
from lfx.data.samples import Integers
from lfx.modalities.facts import Facts
from lfx.modalities.recognised import modality_of
from lfx.reporting.data_card.copies import ABSENT
from lfx.reporting.data_card.parts import Mask
from lfx.runtime.errors import UserError, in_one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from lfx.data.column import Column
    from lfx.data.samples import SampleTable

log = logging.getLogger(__name__)

_KILOBYTE = 1_000


@dataclass(frozen=True, eq=False)
class Content:
    """What samples have in a column.

    Attributes:
        kind: of the content: that of the modality which describes it, else that of the column.
        present: (samples,) whether each has content.
        problems: position → what is wrong with the content there.
        facts: measures and counts over the samples with sound content.
        same: (samples,) samples of one number have the same content, `ABSENT`: none that can be
            read.
        fingerprint: of the column.
    """

    kind: str
    present: Mask
    problems: Mapping[int, str]
    facts: Facts
    same: Integers
    fingerprint: str


def describe_contents(
    table: SampleTable, read_as: Mapping[str, str], cache_dir: Path, *, whole: bool
) -> dict[str, Content]:
    """Describe every column of a table.

    Args:
        table: the samples.
        read_as: column → modality that describes it; see `modality_of`.
        cache_dir: where results are kept between runs.
        whole: whether content is read to its end to find what is damaged there.

    Raises:
        ConfigError: a modality cannot describe its column.
    """
    return {
        name: _describe(table, name, read_as.get(name), cache_dir, whole=whole)
        for name in table.columns
    }


def _describe(
    table: SampleTable, name: str, read_as: str | None, cache_dir: Path, *, whole: bool
) -> Content:
    column = table.columns[name]
    modality = modality_of(name, column, read_as)
    flaws = {row: text for row, text in column.flaws.items() if column.present[row]}
    rows = [int(row) for row in np.flatnonzero(column.present) if int(row) not in flaws]
    facts = Facts()
    if modality is not None and rows:
        try:
            facts = _as_promised(modality.facts(table, rows, cache_dir))
            if whole:
                found = modality.problems_of(table, rows, cache_dir)
                facts = replace(facts, problems={**facts.problems, **found})
        except Exception as error:
            # A package that is not installed, or a class from outside of lfx.
            if not isinstance(error, UserError) and type(modality).__module__.startswith("lfx."):
                raise
            facts = Facts(notes=[f"it cannot be described: {in_one_line(error)}"])
    if isinstance(column, FileColumn) and rows:
        sizes = {"size (kB)": _sizes(column, rows)}
        facts = replace(facts, measures={**facts.measures, **sizes})
    return Content(
        kind=column.kind if modality is None else modality.reads,
        present=column.present,
        problems={**flaws, **facts.problems},
        facts=facts,
        same=_same(column, cache_dir),
        fingerprint=table.column_fingerprint(name, cache_dir),
    )


def _as_promised(facts: Facts) -> Facts:
    """Return facts with numbers where numbers belong; a class from outside may return anything."""
    measures = {
        str(name): np.asarray(values, dtype=np.float64) for name, values in facts.measures.items()
    }
    counts = {
        str(title): {str(value): int(count) for value, count in found.items()}
        for title, found in facts.counts.items()
    }
    notes = [str(note) for note in facts.notes]
    problems = {int(row): str(text) for row, text in facts.problems.items()}
    return Facts(measures, counts, problems, notes)


def _same(column: Column, cache_dir: Path) -> Integers:
    """Return (samples,) numbers that are equal where contents are."""
    if isinstance(column, TextColumn):
        codes = column.values.dictionary_encode().indices
        filled = codes.cast(pa.int64()).fill_null(ABSENT)
        return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.int64)
    digests = column.digests(cache_dir)
    has = np.array([digest is not None for digest in digests], dtype=np.bool_)
    return np.where(has & column.present, first_with(digests), ABSENT)


def _sizes(column: FileColumn, rows: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return the size of each file in kilobytes."""
    return np.array([_size(column[row]) / _KILOBYTE for row in rows])


def _size(content: Path | bytes | None) -> float:
    if isinstance(content, bytes):
        return len(content)
    try:
        return float("nan") if content is None else content.stat().st_size
    except (OSError, ValueError):
        return float("nan")
