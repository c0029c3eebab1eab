"""Content that is taken away at random, to see what a model or a fusion loses without it."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from lfx.data.split_names import OOF
from lfx.runtime.errors import ConfigError, name_some

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from lfx.data.samples import SampleTable

log = logging.getLogger(__name__)

_BYTES = 8


def take_away(
    table: SampleTable, shares: Mapping[str, float], splits: Collection[str], seed: int
) -> SampleTable:
    """Return a table in which a share of the samples lacks content.

    Groups, splits and fingerprints of the data set are those of before. Whether a sample loses its
    content depends on seed, column and id alone, so that a larger share takes away the same content
    and more.

    Args:
        table: samples with their splits; those in no split count as test, and those of `oof`, which
            are of train and val, lose content where train or val does.
        shares: column → share of the samples, in 0..1.
        splits: in which content is taken away.
        seed: of which samples.

    Raises:
        ConfigError: the data have no such column.
    """
    unknown = [name for name in shares if name not in table.columns]
    if unknown:
        raise ConfigError(
            f"data.missing: there is no column {name_some(unknown)}; "
            f"there are {name_some(table.columns)}"
        )
    if not any(shares.values()):
        return table
    named = np.array([split or "test" for split in table.splits], dtype=object)
    wanted = {*splits, *([OOF] if {"train", "val"}.intersection(splits) else [])}
    inside = np.isin(named.astype(str), sorted(wanted))
    if not inside.any():
        log.warning(
            "data.missing takes nothing away: no sample is in data.missing_splits=[%s]; the splits "
            "are %s",
            ",".join(splits),
            name_some(sorted(set(named))),
        )
        return table
    columns = dict(table.columns)
    for name, share in shares.items():
        taken = inside & (uniform_numbers(table.ids.tolist(), f"{seed} {name}") < share)
        lost = taken & columns[name].present
        log.info("data.missing.%s=%s: %d samples lose it", name, share, int(lost.sum()))
        columns[name] = columns[name].without(taken)
    return replace(table, columns=columns)


def uniform_numbers(ids: Sequence[str], salt: str) -> npt.NDArray[np.float64]:
    """Return a number in 0..1 for each id that looks random and is always the same.

    Args:
        ids: (samples,).
        salt: other salts give other numbers.

    Example:
        >>> bool((uniform_numbers(["a", "b"], "x") == uniform_numbers(["a", "b"], "x")).all())
        True
    """
    digests = b"".join(hashlib.sha256(f"{salt} {name}".encode()).digest()[:_BYTES] for name in ids)
    return np.frombuffer(digests, dtype="<u8") / 2.0**64
