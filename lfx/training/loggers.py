"""Where metrics go while a run lasts: CSV, Weights & Biases, TensorBoard, or nowhere."""

from __future__ import annotations

import logging
import netrc
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlparse

from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError
from lfx.runtime.versions import how_to_install
from lfx.training.wandb_runs import keep_run_id, read_run_id

if TYPE_CHECKING:
    from pytorch_lightning.loggers import Logger

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LoggedRun:
    """What a logger is told of a run.

    Attributes:
        stage: `train`, `fuse`, …
        name: the run's name.
        folder: the run's folder.
        title: a short name for people; empty: the run's name.
        sweep: the multirun's folder, which groups its runs; None in a single run.
        settings: the run's config in plain values.
        resumed: whether it goes on with what the folder's run has logged already.
    """

    stage: str
    name: str
    folder: Path
    title: str = ""
    sweep: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    resumed: bool = False


class Logging(ABC):
    """Where metrics go while a run lasts: a class of the group `logger`."""

    @abstractmethod
    def build(self, run: LoggedRun) -> Logger | None:
        """Build a run's Lightning logger; None: metrics go nowhere.

        Raises:
            ConfigError: it needs a package that is not installed.
        """


class NoLogging(Logging):
    """Metrics go nowhere; metrics.json is written at the run's end all the same."""

    def build(self, run: LoggedRun) -> None:
        """Build nothing."""


class CsvLogging(Logging):
    """Metrics go to csv/metrics.csv in the run directory."""

    def build(self, run: LoggedRun) -> Logger:
        """Build Lightning's logger."""
        from pytorch_lightning.loggers import CSVLogger

        return CSVLogger(run.folder, name="", version="csv", flush_logs_every_n_steps=1000)


class TensorBoardLogging(Logging):
    """Metrics go to TensorBoard files in the run directory."""

    def build(self, run: LoggedRun) -> Logger:
        """Build Lightning's logger."""
        if find_spec("tensorboard") is None:
            raise ConfigError(
                f"logger=tensorboard needs the package tensorboard: {how_to_install('tensorboard')}"
            )
        from pytorch_lightning.loggers import TensorBoardLogger

        # HParams come at the end, with the final scores.
        return TensorBoardLogger(
            run.folder, name="", version="tensorboard", default_hp_metric=False
        )


@checked
@dataclass(frozen=True, kw_only=True)
class WandbLogging(Logging):
    """Metrics go to Weights & Biases; a run that is carried on goes on with the same run there.

    Args:
        project: W&B project; null: WANDB_PROJECT, or lfx.
        entity: W&B user or team; null: WANDB_ENTITY, or the key's default.
        group: What puts runs together; null: WANDB_RUN_GROUP, or the sweep in a multirun.
        mode: Whether W&B talks to its server; auto: online with an API key, else offline.
        tags: Tags of the run.
        log_model: Whether the best checkpoint of a training run is an artifact too, and uploaded.
    """

    project: str | None = None
    entity: str | None = None
    group: str | None = None
    mode: Literal["auto", "online", "offline"] = "auto"
    tags: Sequence[str] | None = None
    log_model: bool = True

    def build(self, run: LoggedRun) -> Logger:
        """Build Lightning's logger."""
        import wandb
        from pytorch_lightning.loggers import WandbLogger

        mode: Any = self.mode
        if mode == "auto":
            mode = os.environ.get("WANDB_MODE") or ("online" if has_api_key() else "offline")
        if mode == "offline":
            log.info(
                "W&B is offline; to upload the run later: wandb sync %s/wandb/offline-*", run.folder
            )
        given, sweep = os.environ.get, run.sweep
        of_sweep = None if sweep is None else f"{sweep.parent.name}/{sweep.name}"
        # An agent of W&B's sweeps gives a single run its id; a multirun's jobs would share it.
        of_agent = given("WANDB_RUN_ID") if sweep is None else None
        kept = read_run_id(run.folder) if run.resumed else None
        logger = WandbLogger(
            project=self.project or given("WANDB_PROJECT") or "lfx",
            entity=self.entity,  # wandb reads WANDB_ENTITY, WANDB_TAGS and WANDB_NOTES by itself
            group=self.group or given("WANDB_RUN_GROUP") or of_sweep,
            job_type=given("WANDB_JOB_TYPE") or run.stage,
            name=given("WANDB_NAME") or run.title or run.name,
            tags=self.tags,
            save_dir=run.folder,
            id=keep_run_id(run.folder, of_agent or kept),
            resume="allow",
            config=dict(run.settings),
            # Given to wandb.init: Lightning's own `offline` would set it for all later jobs.
            mode=mode,
            settings=wandb.Settings(console="off", silent=True, x_disable_stats=True),
        )
        # Lightning gives it always, and wandb warns of it in the terminal.
        logger._wandb_init.pop("anonymous", None)  # noqa: SLF001
        return logger


def has_api_key() -> bool:
    """Return whether this machine has an API key for the W&B server that is set."""
    import wandb

    if os.environ.get("WANDB_API_KEY"):
        return True
    host = urlparse(str(wandb.setup().settings.base_url)).hostname or ""
    try:
        return netrc.netrc().authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False
