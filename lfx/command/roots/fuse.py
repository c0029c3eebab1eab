"""Settings of `lfx.fuse`: conf/fuse.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from omegaconf import MISSING

from lfx.artifacts.reserved import ON_MISSING, MissingPolicy
from lfx.command.roots.artifacts import ArtifactsConfig
from lfx.command.roots.figures import WithFigures
from lfx.command.roots.scores import WithScores
from lfx.data.split_names import FitSplit
from lfx.runtime.naming import name_problems
from lfx.runtime.settings import Count, OneOf, Seed, all_problems

_REPORTED = OneOf("lfx.evaluation.scores.reported")


@dataclass
class FuseConfig(WithScores, WithFigures):
    """conf/fuse.yaml."""

    # The fused artifact's name.
    name: str = MISSING
    # Recorded in the artifact.
    seed: int = 0
    # Member name -> artifact file; and on_missing: error, renormalise or drop.
    members: dict[str, str] = field(default_factory=dict)
    # How each member's probabilities are corrected first.
    calibration: Any = MISSING
    # The scheme that finds the weights.
    fusion: Any = MISSING
    # The split that weights are found on.
    fit_split: str = "val"
    # Number of folds of the fit split: each is fused by a fit on the others; 1: in-sample.
    fit_folds: int = 5
    # Whether weights may be found on the split that is reported.
    allow_leaky_fit: bool = False
    # The score that a sweeper optimises and a sweep is ranked by: SPLIT/SCORE, never on test.
    objective: str = "val/f1_weighted"
    # auto, cpu, cuda, cuda:N or mps.
    device: str = "auto"
    # Where metrics go.
    logger: Any = MISSING
    # Whether W&B's table of cases shows the texts, pictures and sounds of the data set (data=…
    # data.root=…), which it uploads.
    contents: bool = False
    # The folder of the members.
    artifacts: ArtifactsConfig = MISSING
    # The data set whose predictions are fused; its name is part of their folder.
    data: Any = None

    # Sections of which only the name is read, so that nothing else in them has to be given.
    by_name: ClassVar[tuple[str, ...]] = ("data",)
    # The settings with each of which all of them is read.
    whole_with: ClassVar[tuple[str, ...]] = ("contents",)

    def problems(self) -> list[str]:
        """Return the problems of these settings."""
        problems = name_problems("name", self.name)
        problems += all_problems(
            [
                ("seed", self.seed, Seed),
                ("fit_split", self.fit_split, FitSplit),
                ("fit_folds", self.fit_folds, Count),
                (f"members.{ON_MISSING}", self.members.get(ON_MISSING), MissingPolicy),
            ]
        )
        problems += name_problems("data.name", self.data) if isinstance(self.data, str) else []
        if self.contents and self.data is None:
            problems.append(
                "contents=true needs the data: data=NAME, with the settings of training"
            )
        if not self.files:
            problems.append("there are no members; give at least one: members.NAME=PATH")
        return [*problems, *self._objective_problems()]

    def _objective_problems(self) -> list[str]:
        split, _, score = self.objective.partition("/")
        if split == "test":
            instead = f"val/{score or 'f1_weighted'}"
            reason = "a fusion that is chosen by its test scores cannot be reported on test"
            return [f"objective={self.objective}: {reason}; use objective={instead}"]
        if split not in {"val", "oof"} or score not in _REPORTED.allowed():
            scores = ", ".join(_REPORTED.allowed())
            allowed = f"SPLIT/SCORE with SPLIT val or oof and SCORE one of {scores}"
            return [f"objective must be {allowed}; got {self.objective}"]
        return []

    @property
    def files(self) -> dict[str, str]:
        """The members' artifacts: name -> path."""
        return {name: path for name, path in self.members.items() if name != ON_MISSING}
