"""Settings of the group `loss`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from omegaconf import MISSING


class Mining(Enum):
    """Which triplets of a batch count."""

    hard = "hard"
    semihard = "semihard"
    all = "all"


class WeightSchedule(Enum):
    """How a weight gets from its first to its last value."""

    linear = "linear"
    cosine = "cosine"


@dataclass
class LossConfig:
    """What every loss of phase 1 has; the other keys of its own schema are its arguments."""

    # The loss: its dotted path.
    _target_: str = MISSING


@dataclass
class NPairConfig(LossConfig):
    """conf/loss/npair.yaml."""

    # The loss.
    _target_: str = "lfx.losses.npair.NPair"
    # false: each pair counts once, as Sohn's does. true: in both directions.
    symmetric: bool = False


@dataclass
class TemperatureConfig(LossConfig):
    """A loss with a temperature."""

    # What similarities are divided by.
    temperature: float = MISSING

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        if self.temperature > 0:
            return []
        return [f"{key}.temperature must be above 0, got {self.temperature}"]


@dataclass
class NPairTfaConfig(TemperatureConfig):
    """conf/loss/npair_tfa.yaml."""

    # The loss.
    _target_: str = "lfx.losses.npair.NPairTfa"


@dataclass
class SupConConfig(TemperatureConfig):
    """conf/loss/supcon.yaml."""

    # The loss.
    _target_: str = "lfx.losses.softmax.SupCon"


@dataclass
class NtXentConfig(TemperatureConfig):
    """conf/loss/ntxent.yaml."""

    # The loss.
    _target_: str = "lfx.losses.softmax.NtXent"


@dataclass
class TripletConfig(LossConfig):
    """conf/loss/triplet.yaml."""

    # The loss.
    _target_: str = "lfx.losses.triplet.Triplet"
    # By how much farther a negative has to be than a positive; distances lie in 0..2.
    margin: float = 0.2
    # hard: farthest positive, nearest negative. semihard: negatives within the margin. all.
    mining: Mining = Mining.hard

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        if 0 < self.margin <= 2:
            return []
        return [f"{key}.margin must be above 0 and at most 2, got {self.margin}"]


@dataclass
class CrossEntropyConfig(LossConfig):
    """conf/loss/cross_entropy.yaml."""

    # The loss.
    _target_: str = "lfx.losses.cross_entropy.CrossEntropy"
    # Share of the target that is spread over all classes.
    label_smoothing: float = 0.0

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        if 0 <= self.label_smoothing < 1:
            return []
        return [f"{key}.label_smoothing is a share in 0..1 (below 1), got {self.label_smoothing}"]


@dataclass
class CombinedConfig(LossConfig):
    """conf/loss/combined.yaml."""

    # The loss.
    _target_: str = "lfx.losses.combined.Combined"
    # One loss.
    first: LossConfig = MISSING
    # The other one.
    second: LossConfig = MISSING
    # The first one's weight (the paper's lambda), 0..1; the second one has the rest.
    weight: float = 0.5
    # The weight at the end of phase 1; null: it stays.
    weight_end: float | None = None
    # How it gets there.
    schedule: WeightSchedule = WeightSchedule.linear

    def problems_at(self, key: str) -> list[str]:
        """Say what is impossible about these settings."""
        found = [
            f"{key}.{name} (lambda) is a share in 0..1, got {value}"
            for name, value in (("weight", self.weight), ("weight_end", self.weight_end))
            if value is not None and not 0 <= value <= 1
        ]
        found += [
            f"{key}.{name} is itself combined; two losses are combined, not more"
            for name, part in (("first", self.first), ("second", self.second))
            if isinstance(part, CombinedConfig)
        ]
        return found
