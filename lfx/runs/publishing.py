"""Publishing a run's artifact, which replaces no other kind of model's unless it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.artifacts.parquet import read_metadata
from lfx.runtime.errors import ArtifactError, ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def require_replaceable(file: Path, columns: Sequence[str], regime: str | None) -> None:
    """Refuse to publish over the artifact of a model of another column or way of training.

    Args:
        file: where the run publishes.
        columns: that the run's model reads.
        regime: how it is trained; None: unknown.

    Raises:
        ConfigError: there is such an artifact.
    """
    try:
        theirs = read_metadata(file) if file.is_file() else None
    except ArtifactError:  # damaged: nobody misses it
        return
    if theirs is None:
        return
    differing = []
    if theirs.columns and sorted(theirs.columns) != sorted(columns):
        differing.append(f"of {_listed(theirs.columns)}, not of {_listed(columns)}")
    if None not in {theirs.regime, regime} and theirs.regime != regime:
        differing.append(f"trained by training={theirs.regime}, not {regime}")
    if differing:
        raise ConfigError(
            f"{file} is a model {' and '.join(differing)}; publish this one as name=ANOTHER, or "
            "replace it with artifacts.overwrite=true"
        )


def _listed(columns: Iterable[str]) -> str:
    names = sorted(columns)
    return f"column{'' if len(names) == 1 else 's'} {', '.join(names)}"
