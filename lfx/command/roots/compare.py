"""Settings of `lfx.compare`: conf/compare.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from omegaconf import MISSING

from lfx.command.roots.artifacts import ArtifactsConfig
from lfx.command.roots.figures import WithFigures
from lfx.command.roots.scores import WithScores
from lfx.data.split_names import SPLITS, FitSplit
from lfx.runtime.naming import name_problems
from lfx.runtime.settings import Count, OneOf, Seed, all_problems

_SEARCHABLE = OneOf("lfx.evaluation.scores.searchable")


@dataclass
class CompareConfig(WithScores, WithFigures):
    """conf/compare.yaml."""

    # Name -> artifact file; none: all artifacts that are published in the folder of the data set.
    members: dict[str, str] = field(default_factory=dict)
    # The split that is compared; null: test, or another one without labelled test samples.
    split: str | None = None
    # The member that all others are compared with; null: every pair is compared.
    against: str | None = None
    # Whether Shapley values are computed: what each member is worth to a fusion.
    worth: bool = True
    # The scheme of that fusion.
    fusion: Any = MISSING
    # How each member's probabilities are corrected first.
    calibration: Any = MISSING
    # The split that schemes are fitted on, and compared on with nested=true.
    fit_split: str = "val"
    # Whether a scheme is chosen by nested cross-validation: chosen inside, scored outside.
    nested: bool = False
    # The schemes to choose from: name -> scheme; fusion@schemes.NAME=OPTION adds one.
    schemes: dict[str, Any] = field(default_factory=dict)
    # The score to choose by.
    metric: str = "f1_weighted"
    # Number of outer and of inner folds of a nested cross-validation.
    folds: int = 5
    # Seed of folds and resamples.
    seed: int = 0
    # auto, cpu, cuda, cuda:N or mps.
    device: str = "auto"
    # Where the tables go too: W&B shows them.
    logger: Any = MISSING
    # The folder of the members.
    artifacts: ArtifactsConfig = MISSING
    # The data set whose predictions are compared; its name is part of their folder.
    data: Any = None

    # Sections of which only the name is read, so that nothing else in them has to be given.
    by_name: ClassVar[tuple[str, ...]] = ("data",)

    def problems(self) -> list[str]:
        """Return the problems of these settings."""
        problems = all_problems(
            [
                ("seed", self.seed, Seed),
                ("fit_split", self.fit_split, FitSplit),
                ("folds", self.folds, Count),
            ]
        )
        problems += [] if self.data is None else name_problems("data.name", str(self.data))
        if self.split is not None and self.split not in SPLITS:
            problems.append(f"split: allowed are null, {', '.join(SPLITS)}; got {self.split}")
        if self.metric not in _SEARCHABLE.allowed():
            allowed = ", ".join(_SEARCHABLE.allowed())
            problems.append(f"metric: allowed are {allowed}; got {self.metric}")
        if self.nested and not self.schemes:
            problems.append("nested=true needs schemes: fusion@schemes.mean=mean")
        if self.against is not None and self.members and self.against not in self.members:
            problems.append(
                f"against={self.against}: there is no such member; there are "
                f"{', '.join(sorted(self.members))}"
            )
        return problems
