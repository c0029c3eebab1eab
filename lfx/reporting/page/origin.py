"""What made the runs of a page: commands, settings, versions and fingerprints."""

from __future__ import annotations

import logging
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lfx.artifacts.parquet import read_metadata
from lfx.runtime.errors import ArtifactError
from lfx.runtime.escaping import for_terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lfx.runs.find import Run

log = logging.getLogger(__name__)

_MOST_BYTES = 100_000


@dataclass(frozen=True)
class Origin:
    """What made a run.

    Attributes:
        title: its stage and name.
        command: the command line.
        facts: what is known of it, by name.
        settings: the content of `.hydra/config.yaml`.
    """

    title: str
    command: str
    facts: dict[str, str]
    settings: str


def origins_of(runs: Sequence[Run]) -> list[Origin]:
    """Return what made each run."""
    return [_origin(run) for run in runs]


def _origin(run: Run) -> Origin:
    facts = {"run": str(run.folder), "started": run.started, "seed": str(run.seed)}
    try:
        metadata = read_metadata(run.folder / "predictions.parquet")
    except ArtifactError as error:
        log.warning("%s: %s", run.folder, error)
    else:
        facts |= {
            "settings hash": metadata.config_hash,
            "data fingerprint": metadata.data_fingerprint,
            "split fingerprint": metadata.split_fingerprint,
        }
        facts |= {f"fingerprint of {name}": value for name, value in metadata.columns.items()}
        facts["versions"] = ", ".join(f"{name} {one}" for name, one in metadata.versions.items())
    command = shlex.join(["python", "-m", f"lfx.{run.stage}", *run.overrides])
    shown = {name: for_terminal(value) for name, value in facts.items()}
    title = for_terminal(f"{run.stage} {run.name} ({run.model}), seed {run.seed}")
    return Origin(title, for_terminal(command), shown, _settings(run))


def _settings(run: Run) -> str:
    try:
        text = (run.folder / ".hydra/config.yaml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
    if len(text) > _MOST_BYTES:
        text = f"{text[:_MOST_BYTES]}\n…"
    return for_terminal(text)
