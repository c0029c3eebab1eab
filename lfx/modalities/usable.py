"""Which samples a model can use: those that have content for it, without problems."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lfx.data.bad_samples import refuse_or_list
from lfx.data.samples import Integers, SampleTable
from lfx.data.split_names import OOF
from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.modalities.modality import Modality

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Usable:
    """The samples that a model can use.

    Attributes:
        rows: their positions.
        dropped: column → mask, (all samples,), of content that has problems and is left out.
    """

    rows: Integers
    dropped: Mapping[str, npt.NDArray[np.bool_]]

    def of(self, table: SampleTable) -> SampleTable:
        """Return these samples of a table, as a part of it."""
        columns = {
            name: column.without(self.dropped[name]) if name in self.dropped else column
            for name, column in table.columns.items()
        }
        part = replace(table, columns=columns).part(self.rows)
        return replace(part, whole=table.whole or table)


def find_usable(
    modality: Modality, table: SampleTable, cache_dir: Path, *, drop_bad: bool
) -> Usable:
    """Find the samples that a modality can read, and log how many it cannot.

    Args:
        modality: what is read of the samples.
        table: the samples.
        cache_dir: where results of checks are kept.
        drop_bad: leave out content that has problems, and list it, instead of stopping.

    Raises:
        DataError: content has problems and is not dropped, or no sample is left.
    """
    problems = modality.problems(table, cache_dir)
    several = len(modality.columns()) > 1
    bad = [
        (str(table.ids[row]), f"{name}: {reason}" if several else reason)
        for name, of_rows in problems.items()
        for row, reason in sorted(of_rows.items())
    ]
    for note in refuse_or_list(bad, drop=drop_bad):
        log.info(note)
    dropped = {}
    for name, of_rows in problems.items():
        if of_rows:
            dropped[name] = np.zeros(len(table), dtype=np.bool_)
            dropped[name][list(of_rows)] = True
    everything = Usable(np.arange(len(table)), dropped)
    rows = np.flatnonzero(modality.present(everything.of(table)))
    columns = " or ".join(modality.columns())
    if not len(rows):
        raise DataError(f"no sample has a usable {columns}")
    lacking = len(table) - int(modality.present(table).sum())
    if lacking:
        log.warning(
            "%d of %d samples have no %s and are left out: %s",
            *(lacking, len(table), columns, _by_split(table, rows)),
        )
    return Usable(rows, dropped)


def _by_split(table: SampleTable, rows: Integers) -> str:
    """Return how many samples of each split are left."""
    names = [name for name in ("train", "val", OOF, "test") if (table.splits == name).any()]
    kept = table.splits[rows]
    shown = [f"{name} {(kept == name).sum()} of {(table.splits == name).sum()}" for name in names]
    return ", ".join(shown) or f"{len(rows)} stay"
