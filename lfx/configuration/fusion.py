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


class Published(Enum):
    """Whose Minimizing Loss weights."""

    paper = "paper"
    published_code = "published_code"


class Metric(Enum):
    """A score in 0..1, higher is better."""

    accuracy = "accuracy"
    f1_weighted = "f1_weighted"
    f1_macro = "f1_macro"


class Skill(Enum):
    """What a member's weight is proportional to."""

    accuracy = "accuracy"
    f1_weighted = "f1_weighted"
    f1_macro = "f1_macro"
    inverse_log_loss = "inverse_log_loss"


class Aim(Enum):
    """What a selection of members makes best."""

    accuracy = "accuracy"
    f1_weighted = "f1_weighted"
    f1_macro = "f1_macro"
    log_loss = "log_loss"


class EvidenceOf(Enum):
    """How logits become amounts of evidence."""

    softplus = "softplus"
    relu = "relu"
    exp = "exp"


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
    metric: Skill = Skill.accuracy
    # paper, or published_code, which gives the same for two members and is wrong for more.
    form: Published = Published.paper


@dataclass
class ProductConfig(FusionConfig):
    """conf/fusion/product.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.product.Product"
    # A share in 0..1 per member; members that are not named share the remainder equally.
    weights: dict[str, float] = field(default_factory=dict)


@dataclass
class MajorityVoteConfig(FusionConfig):
    """conf/fusion/majority_vote.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.vote.MajorityVote"


@dataclass
class WeightedVoteConfig(FusionConfig):
    """conf/fusion/weighted_vote.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.vote.WeightedVote"
    # A share in 0..1 per member; members that are not named share the remainder equally.
    weights: dict[str, float] = field(default_factory=dict)


@dataclass
class MaxConfig(FusionConfig):
    """conf/fusion/max.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.maximum.Maximum"


@dataclass
class LearnedConfig(FusionConfig):
    """conf/fusion/learned.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.learned.Learned"
    # How many samples the pull to equal weights counts as, above 0.
    shrinkage: float = 10.0


@dataclass
class LearnedPerClassConfig(FusionConfig):
    """conf/fusion/learned_per_class.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.learned.LearnedPerClass"
    # How many samples the pull to equal weights counts as, above 0.
    shrinkage: float = 10.0


@dataclass
class GreedySelectionConfig(FusionConfig):
    """conf/fusion/greedy_selection.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.greedy_selection.GreedySelection"
    # What the selection makes best.
    metric: Aim = Aim.f1_weighted
    # Members added at the most, in each bag; one may be added again.
    rounds: int = 50
    # Searches that are averaged.
    bags: int = 20
    # The share of the members that each search sees, but two at least.
    fraction: float = 0.5


@dataclass
class StackingConfig(FusionConfig):
    """conf/fusion/stacking.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.stacking.Stacking"
    # Inverse strengths of the L2 penalty to choose from by cross-fitting.
    c: list[float] = field(default_factory=lambda: [0.001, 0.01, 0.1, 1.0])


@dataclass
class StackingMlpConfig(FusionConfig):
    """conf/fusion/stacking_mlp.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.stacking.StackingMlp"
    # Width of the hidden layer.
    hidden: int = 16
    # Strengths of the L2 penalty to choose from by cross-fitting.
    alpha: list[float] = field(default_factory=lambda: [1.0, 10.0, 100.0])
    # Steps of L-BFGS at the most.
    steps: int = 100


@dataclass
class EntropyConfig(FusionConfig):
    """conf/fusion/entropy.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.by_sample.Entropy"


@dataclass
class EnergyConfig(FusionConfig):
    """conf/fusion/energy.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.by_sample.Energy"
    # The temperature of the free energy, above 0.
    temperature: float = 1.0


@dataclass
class DistributionUncertaintyConfig(FusionConfig):
    """conf/fusion/distribution_uncertainty.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.by_sample.DistributionUncertainty"


@dataclass
class EvidentialConfig(FusionConfig):
    """conf/fusion/evidential.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.evidential.Evidential"
    # How logits become amounts of evidence.
    evidence: EvidenceOf = EvidenceOf.softplus


@dataclass
class GridConfig(FusionConfig):
    """conf/fusion/grid.yaml."""

    # The scheme.
    _target_: str = "lfx.fusion.schemes.grid.Grid"
    # What is to become best.
    metric: Metric = Metric.f1_weighted
    # Three members or more: weights are multiples of 1 / steps; null: about 20,000 points.
    steps: int | None = None
    # So many random weightings in place of a grid; null: the grid.
    points: int | None = None
    # How many of the best weightings search.parquet keeps.
    keep: int = 10000
