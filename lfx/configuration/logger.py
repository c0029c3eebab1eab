"""Settings of the group `logger`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class LoggerKind(Enum):
    """Where metrics go while a run lasts."""

    csv = "csv"
    wandb = "wandb"
    tensorboard = "tensorboard"
    none = "none"


class WandbMode(Enum):
    """Whether W&B talks to its server."""

    auto = "auto"
    online = "online"
    offline = "offline"


@dataclass
class LoggerConfig:
    """Where metrics go while a run lasts."""

    # csv, wandb, tensorboard or none.
    kind: LoggerKind = LoggerKind.csv


@dataclass
class WandbConfig(LoggerConfig):
    """conf/logger/wandb.yaml."""

    # Always wandb.
    kind: LoggerKind = LoggerKind.wandb
    # W&B project.
    project: str = "lfx"
    # W&B user or team; null: the key's default.
    entity: str | None = None
    # What puts runs together; null: the sweep in a multirun, else nothing.
    group: str | None = None
    # auto: online with an API key, else offline.
    mode: WandbMode = WandbMode.auto
    # Tags of the run.
    tags: list[str] | None = None
