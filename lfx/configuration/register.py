"""Tell Hydra which dataclass stands behind which YAML."""

from __future__ import annotations

from hydra.core.config_store import ConfigStore

from lfx.configuration.data import DataConfig, DemoData, MvsaData, TableData
from lfx.configuration.encoder import ImageEncoderConfig, TextEncoderConfig
from lfx.configuration.fusion import (
    DetectionRateConfig,
    FusionConfig,
    MeanConfig,
    MinimizingLossConfig,
    WeightedConfig,
)
from lfx.configuration.logger import LoggerConfig, WandbConfig
from lfx.configuration.modality import ImageModalityConfig, ModalityConfig, TextModalityConfig
from lfx.configuration.stages import FuseConfig, PredictConfig, ReportConfig, TrainConfig
from lfx.configuration.trainer import TrainerConfig

# Named `schema/GROUP/NAME`, so that they do not stand among the choices of `GROUP=`.
SCHEMAS: dict[str, type] = {
    "schema/train": TrainConfig,
    "schema/predict": PredictConfig,
    "schema/fuse": FuseConfig,
    "schema/report": ReportConfig,
    "schema/data/base": DataConfig,
    "schema/data/demo": DemoData,
    "schema/data/mvsa": MvsaData,
    "schema/data/table": TableData,
    "schema/encoder/image": ImageEncoderConfig,
    "schema/encoder/text": TextEncoderConfig,
    "schema/modality/base": ModalityConfig,
    "schema/modality/image": ImageModalityConfig,
    "schema/modality/text": TextModalityConfig,
    "schema/fusion/base": FusionConfig,
    "schema/fusion/mean": MeanConfig,
    "schema/fusion/weighted": WeightedConfig,
    "schema/fusion/detection_rate": DetectionRateConfig,
    "schema/fusion/minimizing_loss": MinimizingLossConfig,
    "schema/logger/base": LoggerConfig,
    "schema/logger/wandb": WandbConfig,
    "schema/trainer": TrainerConfig,
}


def register_schemas() -> None:
    """Store every schema with Hydra; storing twice is harmless."""
    store = ConfigStore.instance()
    for path, node in SCHEMAS.items():
        group, name = path.rsplit("/", 1)
        store.store(group=group, name=name, node=node)
