"""Which samples a model can use: those that have content for it, without problems."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.bad_samples import refuse_or_list
from lfx.data.split_names import OOF
from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from lfx.data.samples import Integers, SampleTable
    from lfx.modalities.modality import Modality

log = logging.getLogger(__name__)


def usable_rows(
    modality: Modality, table: SampleTable, cache_dir: Path, *, drop_bad: bool
) -> Integers:
    """Return the positions of the samples that a modality can read, and log how many it cannot.

    Args:
        modality: what is read of the samples.
        table: the samples.
        cache_dir: where results of checks are kept.
        drop_bad: leave out samples whose content has problems, and list them, instead of stopping.

    Raises:
        DataError: content has problems and is not dropped, or no sample is left.
    """
    rows = np.flatnonzero(modality.present(table))
    problems = modality.problems(table, [int(row) for row in rows], cache_dir)
    bad = [(str(table.ids[row]), problems[row]) for row in sorted(problems)]
    for note in refuse_or_list(bad, drop=drop_bad):
        log.info(note)
    usable = np.array([row for row in rows if int(row) not in problems], dtype=np.int64)
    columns = " or ".join(modality.columns())
    if not len(usable):
        raise DataError(f"no sample has a usable {columns}")
    lacking = len(table) - len(usable) - len(bad)
    if lacking:
        log.warning(
            "%d of %d samples have no %s and are left out: %s",
            *(lacking, len(table), columns, _by_split(table, usable)),
        )
    return usable


def _by_split(table: SampleTable, usable: Integers) -> str:
    """Return how many samples of each split are left."""
    names = [name for name in ("train", "val", OOF, "test") if (table.splits == name).any()]
    kept = table.splits[usable]
    shown = [f"{name} {(kept == name).sum()} of {(table.splits == name).sum()}" for name in names]
    return ", ".join(shown) or f"{len(usable)} are left"
