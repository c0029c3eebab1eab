"""Runs that are found under a folder."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfx.artifacts.parquet import read_metadata
from lfx.configuration.fuse import ON_MISSING
from lfx.configuration.typed import config_hash
from lfx.runtime.errors import ArtifactError, DataError
from lfx.runtime.rundir import read_status

if TYPE_CHECKING:
    from collections.abc import Iterable

log = logging.getLogger(__name__)

_UNREADABLE = (OSError, ValueError, AttributeError, OmegaConfBaseException, ArtifactError)
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
    found = [_read_run(file.parent) for file in folder.rglob("metrics.json")]
    runs = [run for run in found if run is not None and data in {None, run.data}]
    return sorted(runs, key=lambda run: (run.data, _STAGES.index(run.stage), run.started))


def newest_of_each(runs: Iterable[Run]) -> list[Run]:
    """Keep the newest run of each data set, stage, name, seed and settings, in the runs' order.

    Args:
        runs: older ones first.
    """
    newest = {
        (run.data, run.stage, run.name, run.model, run.seed, run.settings): run for run in runs
    }
    return list(newest.values())


def _read_run(folder: Path) -> Run | None:
    status = read_status(folder)
    if status is None or status.state != "completed" or status.stage not in _STAGES:
        return None
    try:
        metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        config = OmegaConf.load(folder / ".hydra" / "config.yaml")
        if not isinstance(config, DictConfig):
            return None
        about = read_metadata(folder / "predictions.parquet")
        return Run(
            folder=folder,
            stage=status.stage,
            data=str(config.data.name),
            name=about.name,
            model=_model(config) or about.modality,
            seed=about.seed,
            started=status.started,
            metrics=metrics,
            settings=f"{about.config_hash} {_shaping(config)}",
            kind=_shaping(config, "seed", "artifacts", "fold", "root"),
            split_fingerprint=about.split_fingerprint,
            overrides=tuple(status.overrides),
            fold=OmegaConf.select(config, "data.fold", default=None),
        )
    except _UNREADABLE as error:
        log.warning("%s cannot be read and is left out: %s", folder, error)
        return None


def _shaping(config: DictConfig, *without: str) -> str:
    """Tell runs apart by their settings, but not by where they log and from where they resume.

    Args:
        config: of the run.
        without: further settings that tell nothing; `fold` and `root` are those of the data.
    """
    # As it is written: what nobody needed may well be missing, such as the data's root in a fusion;
    # and what follows from the seed is the same for all seeds.
    settings: Any = OmegaConf.to_container(config, resolve=False)
    passing = {"ckpt", "logger", *without}
    kept = {key: value for key, value in settings.items() if key not in passing}
    if isinstance(kept.get("data"), dict):
        data = {"fold", "root"}.intersection(without)
        kept["data"] = {key: value for key, value in kept["data"].items() if key not in data}
    return config_hash(kept)


def _model(config: DictConfig) -> str:
    if "members" in config:
        return " + ".join(sorted(str(name) for name in config.members if name != ON_MISSING))
    return str(OmegaConf.select(config, "encoder.name", default=""))
