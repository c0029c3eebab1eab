"""Settings of the section `artifacts`."""

from __future__ import annotations

from dataclasses import dataclass, field

from omegaconf import MISSING


@dataclass
class ArtifactsConfig:
    """Where prediction artifacts are published."""

    # The folder; a run's artifact is published to DIR/NAME.parquet.
    dir: str = MISSING


@dataclass
class TrainArtifactsConfig(ArtifactsConfig):
    """What a training run publishes."""

    # The splits whose samples the model predicts in the end.
    splits: list[str] = field(default_factory=lambda: ["val", "test"])
    # Whether a published artifact of another column, or of another way of training, is replaced.
    overwrite: bool = False

    def problems(self) -> list[str]:
        """Return the problems of these settings."""
        given = set(self.splits)
        if "val" in given <= {"train", "val", "test"} and len(given) == len(self.splits):
            return []
        allowed = "some of train, val, test, each once, and always val"
        return [f"artifacts.splits: {allowed}; got {', '.join(self.splits)}"]
