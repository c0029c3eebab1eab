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

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        allowed = ("train", "val", "test")
        strange = sorted(set(self.splits) - set(allowed))
        if strange or "val" not in self.splits or len(set(self.splits)) < len(self.splits):
            return [
                (
                    f"artifacts.splits: some of {', '.join(allowed)}, each once, and always val; "
                    f"got {', '.join(self.splits)}"
                )
            ]
        return []
