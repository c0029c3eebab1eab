"""Registering the schemas of the root files with Hydra."""

from __future__ import annotations

from hydra.core.config_store import ConfigStore

from lfx.command.lazy_schema import LazySchema
from lfx.command.roots.augment import AugmentConfig
from lfx.command.roots.compare import CompareConfig
from lfx.command.roots.fuse import FuseConfig
from lfx.command.roots.predict import PredictConfig
from lfx.command.roots.report import ReportConfig
from lfx.command.roots.study import PlanConfig, StudyConfig
from lfx.command.roots.train import TrainConfig

SCHEMAS: tuple[type, ...] = (
    TrainConfig,
    PredictConfig,
    FuseConfig,
    CompareConfig,
    ReportConfig,
    AugmentConfig,
    StudyConfig,
    PlanConfig,
)


def register_schemas() -> None:
    """Store every schema with Hydra, where a YAML refers to it as `/CLASS@_here_`.

    They are at the root, since `--help` lists the options of groups. Calling it twice is harmless.
    """
    store = ConfigStore.instance()
    for schema in SCHEMAS:
        store.repo[f"{schema.__name__}.yaml"] = LazySchema(schema)
