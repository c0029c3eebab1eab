"""A data set as it is: whatever cannot be trained on is told, and nothing of it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lfx.data.fit_for_training import require_classes, require_labels
from lfx.data.gather import Gathered, gather
from lfx.data.prepare import check_division, divide
from lfx.data.reading import Reading
from lfx.data.samples import Integers, SampleTable
from lfx.runtime.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lfx.data.decoding import Decoding
    from lfx.data.prepare import SplitPlan
    from lfx.data.rare import RareClasses
    from lfx.data.reading import Source


@dataclass(frozen=True)
class Survey:
    """What there is to tell of a data set.

    Attributes:
        table: its samples; they are in no split where they cannot be divided.
        reading: what the source returned, with what it left out.
        ties: column → (samples,) samples of one number are near duplicates there.
        named_groups: whether the data name groups, beside the near duplicates.
        problems: why training on these samples stops.
        warnings: what training on them warns of.
        notes: what was done to the samples.
    """

    table: SampleTable
    reading: Reading
    ties: Mapping[str, Integers]
    named_groups: bool
    problems: tuple[str, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def survey_samples(
    source: Source, plan: SplitPlan, *, cache_dir: Path, rare: RareClasses, decoding: Decoding
) -> Survey:
    """Read, group and divide samples as for a training run, and say where that one would stop.

    Args:
        source: where the samples come from.
        plan: how they are divided.
        cache_dir: where digests of files are kept.
        rare: what happens to classes of few samples.
        decoding: how images become RGB.

    Raises:
        DataError: there are no samples, or they contradict each other.
    """
    loaded = gather(source, decoding, drop_bad=True, cache_dir=cache_dir)
    table, dropped, problems = loaded.table, list[str](), list[str]()
    try:
        table, dropped = rare.applied(table)
    except DataError as error:
        problems.append(str(error))
    notes = (*loaded.reading.notes, *table.notes[len(loaded.table.notes) :])
    for require in (require_labels, require_classes):
        try:
            require(table)
        except DataError as error:
            problems.append(str(error))
            break  # samples without a label are of no class
    table, of_division, warnings = _divided(table, plan, loaded, dropped)
    kept = np.isin(loaded.table.ids, table.ids) if dropped else np.ones(len(table), dtype=bool)
    return Survey(
        table,
        loaded.reading,
        {name: firsts[kept] for name, firsts in loaded.ties.items()},
        loaded.named_groups,
        (*problems, *of_division),
        (*loaded.warnings, *warnings),
        notes,
    )


def _divided(
    table: SampleTable, plan: SplitPlan, loaded: Gathered, dropped: Sequence[str]
) -> tuple[SampleTable, list[str], list[str]]:
    """Return the samples with their splits, why these cannot be trained on, and warnings."""
    whole = table.with_splits([None] * len(table))
    # Random splits keep the classes' shares, which samples without a label have no part in.
    if plan.kind != "file" and (table.labels < 0).any():
        return whole, [], []
    try:
        divided = table.with_splits(divide(table, plan, loaded, dropped))
    except DataError as error:
        return whole, [str(error)], []
    try:
        return divided, [], check_division(divided, plan)
    except DataError as error:
        return divided, [str(error)], []
