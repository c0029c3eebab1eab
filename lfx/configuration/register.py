"""Tell Hydra which dataclass stands behind which YAML."""

from __future__ import annotations

from hydra.core.config_store import ConfigStore

from lfx.configuration.augment import AugmentConfig
from lfx.configuration.augmenter import (
    AugmenterConfig,
    CharacterNoiseConfig,
    FastTranslateConfig,
    HubPairConfig,
    NoiseConfig,
)
from lfx.configuration.calibration import (
    CalibrationConfig,
    NoCalibrationConfig,
    TemperatureCalibrationConfig,
    VectorCalibrationConfig,
)
from lfx.configuration.contrastive import (
    ContrastiveConfig,
    ImageContrastiveConfig,
    TextContrastiveConfig,
)
from lfx.configuration.data import DataConfig, DemoData, MvsaData, TableData
from lfx.configuration.encoder import ImageEncoderConfig, TextEncoderConfig
from lfx.configuration.fuse import FuseConfig
from lfx.configuration.fusion import (
    DetectionRateConfig,
    DistributionUncertaintyConfig,
    EnergyConfig,
    EntropyConfig,
    EvidentialConfig,
    FusionConfig,
    GreedySelectionConfig,
    GridConfig,
    LearnedConfig,
    LearnedPerClassConfig,
    MajorityVoteConfig,
    MaxConfig,
    MeanConfig,
    MinimizingLossConfig,
    ProductConfig,
    StackingConfig,
    StackingMlpConfig,
    WeightedConfig,
    WeightedVoteConfig,
)
from lfx.configuration.logger import LoggerConfig, WandbConfig
from lfx.configuration.loss import (
    CombinedConfig,
    CrossEntropyConfig,
    LossConfig,
    NPairConfig,
    NPairTfaConfig,
    NtXentConfig,
    SupConConfig,
    TripletConfig,
)
from lfx.configuration.modality import ClassifierConfig, ImageModalityConfig, TextModalityConfig
from lfx.configuration.predict import PredictConfig
from lfx.configuration.reference import ReferenceConfig
from lfx.configuration.report import ReportConfig
from lfx.configuration.train import TrainConfig
from lfx.configuration.trainer import TrainerConfig
from lfx.runtime.lazy_schema import LazySchema

SCHEMAS: tuple[type, ...] = (
    TrainConfig,
    PredictConfig,
    FuseConfig,
    ReportConfig,
    AugmentConfig,
    DataConfig,
    DemoData,
    MvsaData,
    TableData,
    ImageEncoderConfig,
    TextEncoderConfig,
    ClassifierConfig,
    ImageModalityConfig,
    TextModalityConfig,
    ContrastiveConfig,
    ImageContrastiveConfig,
    TextContrastiveConfig,
    LossConfig,
    NPairConfig,
    NPairTfaConfig,
    SupConConfig,
    NtXentConfig,
    TripletConfig,
    CrossEntropyConfig,
    CombinedConfig,
    FusionConfig,
    MeanConfig,
    WeightedConfig,
    ProductConfig,
    MajorityVoteConfig,
    WeightedVoteConfig,
    MaxConfig,
    DetectionRateConfig,
    MinimizingLossConfig,
    LearnedConfig,
    LearnedPerClassConfig,
    GreedySelectionConfig,
    GridConfig,
    StackingConfig,
    StackingMlpConfig,
    EntropyConfig,
    EnergyConfig,
    DistributionUncertaintyConfig,
    EvidentialConfig,
    CalibrationConfig,
    NoCalibrationConfig,
    TemperatureCalibrationConfig,
    VectorCalibrationConfig,
    LoggerConfig,
    WandbConfig,
    TrainerConfig,
    AugmenterConfig,
    FastTranslateConfig,
    HubPairConfig,
    NoiseConfig,
    CharacterNoiseConfig,
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
