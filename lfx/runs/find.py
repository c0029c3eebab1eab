"""Runs that are found under a folder."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lfx.artifacts.parquet import read_metadata
from lfx.artifacts.reserved import ON_MISSING
from lfx.artifacts.scored import scored_samples
from lfx.data.split_names import REPORTED
from lfx.runs.metrics import read_metrics
from lfx.runs.status import require_status
from lfx.runtime.errors import ArtifactError, DataError, RecordError
from lfx.runtime.records import read_yaml, resolve_references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lfx.runs.status import RunStatus

log = logging.getLogger(__name__)

_METRICS, _PREDICTIONS = "metrics.json", "predictions.parquet"
_STAGES = ("train", "predict", "fuse")


@dataclass(frozen=True)
class Run:
    """A completed run and its metrics.

    Attributes:
        folder: its directory.
        stage: `train`, `predict` or `fuse`.
        data: the data set's name.
        name: the run's name.
        model: the encoder of a trained model, or the members of a fusion.
        seed: its seed.
        started: when, ISO 8601 in UTC.
        metrics: the content of `metrics.json`.
        settings: hash of the settings that shape the result.
        kind: hash of the same settings without the seed, the fold, and where the data lie.
        split_fingerprint: which sample was in which split.
        overrides: what the command line set.
        fold: of cross-validation, where the run is of one fold's model alone.
    """

    folder: Path
    stage: str
    data: str
    name: str
    model: str
    seed: int
    started: str
    metrics: dict[str, Any]
    settings: str = ""
    kind: str = ""
    split_fingerprint: str = ""
    overrides: tuple[str, ...] = ()
    fold: int | None = None

    @property
    def splits(self) -> dict[str, dict[str, Any]]:
        """The scores of each split, in the order of tables."""
        return {split: self.metrics[split] for split in REPORTED if split in self.metrics}

    @cached_property
    def samples(self) -> dict[str, str]:
        """A digest of the ids that each split's scores are of; empty where they are unknown."""
        try:
            return scored_samples(self.folder / _PREDICTIONS)
        except ArtifactError:
            return {}

    @property
    def leaky(self) -> bool:
        """Whether weights were fitted on the split that is reported."""
        return bool(self.metrics.get("leaky", False))


def collect_runs(folder: Path, data: str | None = None) -> list[Run]:
    """Find every completed run with metrics below a folder.

    Args:
        folder: where to look.
        data: only runs on the data set of this name; None: all.

    Returns:
        Runs by data set, stage and time.

    Raises:
        DataError: there is no such folder.
    """
    if not folder.is_dir():
        raise DataError(f"runs={folder} is not a folder; give the folder that runs are written to")
    candidates = [_read_run(run) for run in _folders_with_metrics(folder)]
    runs = [run for run in candidates if run is not None and data in {None, run.data}]
    return sorted(
        runs, key=lambda run: (run.data, _STAGES.index(run.stage), run.started, str(run.folder))
    )


def newest_of_each(runs: Iterable[Run]) -> list[Run]:
    """Keep the newest run of each data set, stage, name, seed and settings, in the runs' order.

    Args:
        runs: older ones first.
    """
    newest = {
        (run.data, run.stage, run.name, run.model, run.seed, run.settings): run for run in runs
    }
    return list(newest.values())


def _folders_with_metrics(folder: Path) -> Iterator[Path]:
    """Walk through all folders but links; a warning tells of those that may not be read."""

    def tell(error: OSError) -> None:
        log.warning("%s cannot be read and is left out: %s", error.filename, error.strerror)

    for path, folders, files in os.walk(folder, onerror=tell):
        if _METRICS in files or _METRICS in folders:
            yield Path(path)


def _read_run(folder: Path) -> Run | None:
    """Read a completed run; None of another, and, with a warning, where its files are damaged."""
    try:
        status = require_status(folder)
        if status is None or status.state != "completed" or status.stage not in _STAGES:
            return None
        return _completed(folder, status)
    except (RecordError, ArtifactError) as error:
        log.warning("%s cannot be read and is left out: %s", folder, error)
        return None


def _completed(folder: Path, status: RunStatus) -> Run:
    metrics = _of(_METRICS, read_metrics, folder)
    config = _of(_CONFIG, read_yaml, folder)
    if not isinstance(config, dict) or not isinstance(config.get("data"), dict):
        raise RecordError(f"{_CONFIG}: it is not the config of a run")
    file = folder / _PREDICTIONS
    if not file.is_file():
        raise RecordError(f"{_PREDICTIONS} is not there")
    about, fold = read_metadata(file), config["data"].get("fold")
    return Run(
        folder=folder,
        stage=status.stage,
        data=_told(config, config["data"].get("name")),
        name=about.name,
        model=_model(config) or about.modality,
        seed=about.seed,
        started=status.started,
        metrics=metrics,
        settings=f"{about.config_hash} {_shaping(config)}",
        kind=_shaping(config, "seed", "artifacts", "fold", "root"),
        split_fingerprint=about.split_fingerprint,
        overrides=tuple(status.overrides),
        fold=fold if isinstance(fold, int) else None,
    )


_CONFIG = ".hydra/config.yaml"


def _of(name: str, read: Callable[[Path], Any], folder: Path) -> Any:
    try:
        return read(folder / name)
    except RecordError as error:
        raise RecordError(f"{name}: {error}") from error


def _told(config: Mapping[str, Any], value: object) -> str:
    """Return a setting as text; anything but a reference within the file stays as written."""
    try:
        return resolve_references(config, str(value))
    except RecordError:
        return str(value)


def _shaping(config: Mapping[str, Any], *without: str) -> str:
    """Return a hash of the settings that shape a run, not of where it logs or resumes from.

    Args:
        config: of the run, as it is written: what nobody needed may well be missing, such as the
            data's root in a fusion; and what follows from the seed is the same for all seeds.
        without: further settings that tell nothing; `fold` and `root` are those of the data.
    """
    passing = {"ckpt", "logger", "figures", "contents", *without}
    kept = {key: value for key, value in config.items() if key not in passing}
    if isinstance(kept.get("data"), dict):
        data = {"fold", "root"}.intersection(without)
        kept["data"] = {key: value for key, value in kept["data"].items() if key not in data}
    text = json.dumps(kept, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _model(config: Mapping[str, Any]) -> str:
    members, encoder = config.get("members"), config.get("encoder")
    if isinstance(members, dict):
        return " + ".join(sorted(name for name in members if name != ON_MISSING))
    name = _told(config, encoder.get("name", "")) if isinstance(encoder, dict) else ""
    modality, joint = config.get("modality"), config.get("joint")
    if not (isinstance(modality, dict) and isinstance(joint, dict)):
        return name
    # Of a joint model what joins which encoders.
    encoders = modality.get("encoders")
    parts = encoders.values() if isinstance(encoders, dict) else ()
    names = [str(part.get("name")) for part in parts if isinstance(part, dict)]
    return f"{joint.get('name', name)}({' + '.join(sorted(names))})"
