"""Which samples the scores of an artifact are of."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from lfx.runtime.errors import ArtifactError, in_one_line

if TYPE_CHECKING:
    from pathlib import Path


def scored_samples(path: Path) -> dict[str, str]:
    """Return a digest of the ids of the labelled samples of each split.

    Args:
        path: of an artifact.

    Raises:
        ArtifactError: the file is missing or damaged.
    """
    try:
        with pq.ParquetFile(path) as file:
            rows = file.read(["sample_id", "split", "label"]).drop_null()
        ids, splits = (rows[name].to_pylist() for name in ("sample_id", "split"))
    except Exception as error:  # damaged files raise many kinds of exceptions
        reason = in_one_line(error)
        raise ArtifactError(f"{path} cannot be read as an artifact: {reason}") from error
    by_split: dict[str, set[str]] = {}
    for name, split in zip(ids, splits, strict=True):
        by_split.setdefault(split, set()).add(name)
    return {split: _digest(names) for split, names in by_split.items()}


def _digest(ids: set[str]) -> str:
    digest = hashlib.sha256()
    for name in sorted(ids):
        digest.update(f"{len(name)} {name}".encode())
    return digest.hexdigest()[:32]
