"""Settings of the group `fusion`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from omegaconf import MISSING


class Alpha(Enum):
    """The constant of the Detection Rate approach."""

    prior = "prior"
    none = "none"


class Form(Enum):
    """Whose Detection Rate weights."""

    paper = "paper"
    corrected = "corrected"


class Metric(Enum):
    """A score in 0..1, higher is better."""

    accuracy = "accuracy"
    f1_weighted = "f1_weighted"
    f1_macro = "f1_macro"


@dataclass
class FusionConfig:
    """What every scheme has; the other keys are its arguments."""

    # The scheme's name, and the fused artifact's unless `name` is given.
    name: str = MISSING
    # The scheme: its dotted path.
    _target_: str = MISSING


@dataclass
class MeanConfig(FusionConfig):
    """conf/fusion/mean.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.mean.Mean"


@dataclass
class WeightedConfig(FusionConfig):
    """conf/fusion/weighted.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.weighted.Weighted"
    # A share in 0..1 per member; members that are not named share the remainder equally.
    weights: dict[str, float] = field(default_factory=dict)


@dataclass
class DetectionRateConfig(FusionConfig):
    """conf/fusion/detection_rate.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.detection_rate.DetectionRate"
    # prior: the class's share of the fit split. none: 0, which favours small classes.
    alpha: Alpha = Alpha.prior
    # paper: normalised over the classes within a member; a higher rate lowers a weight.
    # corrected: normalised over the members; a higher rate raises it.
    form: Form = Form.paper


@dataclass
class MinimizingLossConfig(FusionConfig):
    """conf/fusion/minimizing_loss.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.minimizing_loss.MinimizingLoss"
    # The score that the weights are proportional to.
    metric: Metric = Metric.accuracy
