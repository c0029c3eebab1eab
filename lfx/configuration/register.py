"""Tell Hydra which dataclass stands behind which YAML."""

from __future__ import annotations

from hydra.core.config_store import ConfigStore

from lfx.configuration.augment import AugmentConfig
from lfx.configuration.contrastive import (
    ContrastiveConfig,
    ImageContrastiveConfig,
    TextContrastiveConfig,
)
from lfx.configuration.encoder import ImageEncoderConfig, TextEncoderConfig
from lfx.configuration.fuse import FuseConfig
from lfx.configuration.logger import LoggerConfig, WandbConfig
from lfx.configuration.modality import ClassifierConfig, ImageModalityConfig, TextModalityConfig
from lfx.configuration.predict import PredictConfig
from lfx.configuration.reference import ReferenceConfig
from lfx.configuration.report import ReportConfig
from lfx.configuration.study import PlanConfig, StudyConfig
from lfx.configuration.train import TrainConfig
from lfx.configuration.trainer import TrainerConfig
from lfx.runtime.lazy_schema import LazySchema

SCHEMAS: tuple[type, ...] = (
    TrainConfig,
    PredictConfig,
    FuseConfig,
    ReportConfig,
    AugmentConfig,
    StudyConfig,
    PlanConfig,
    ImageEncoderConfig,
    TextEncoderConfig,
    ClassifierConfig,
    ImageModalityConfig,
    TextModalityConfig,
    ContrastiveConfig,
    ImageContrastiveConfig,
    TextContrastiveConfig,
    LoggerConfig,
    WandbConfig,
    TrainerConfig,
    ReferenceConfig,
)


def register_schemas() -> None:
    """Store every schema with Hydra, where a YAML finds it as `/CLASS@_here_`.

    At the root, not in groups: there they would stand among the choices that `--help` lists.
    Storing twice is harmless.
    """
    store = ConfigStore.instance()
    for schema in SCHEMAS:
        store.repo[f"{schema.__name__}.yaml"] = LazySchema(schema)
