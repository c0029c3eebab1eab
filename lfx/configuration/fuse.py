"""Settings of `lfx.fuse`: conf/fuse.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar

from omegaconf import MISSING

from lfx.configuration.artifacts import ArtifactsConfig
from lfx.configuration.checks import seed_in_range
from lfx.configuration.logger import LoggerConfig
from lfx.runtime.naming import name_problems
from lfx.runtime.settings import OneOf


class FitSplit(Enum):
    """The split that a scheme's weights are found on."""

    val = "val"
    test = "test"
    oof = "oof"


class OnMissing(Enum):
    """What becomes of a sample that some member lacks."""

    error = "error"
    renormalise = "renormalise"
    drop = "drop"


_REPORTED = OneOf("lfx.evaluation.scores.reported")
# A reserved key of `members`: a policy, not a member.
ON_MISSING = "on_missing"


@dataclass
class FuseConfig:
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
    fit_split: FitSplit = FitSplit.val
    # Rows of the fit split are fused by fits on the other folds, so many; 1: in-sample.
    fit_folds: int = 5
    # Whether weights may be found on the split that is reported.
    allow_leaky_fit: bool = False
    # What a sweeper optimises and a sweep is ranked by: SPLIT/SCORE, never of the reported split.
    objective: str = "val/f1_weighted"
    # auto, cpu, cuda, cuda:N or mps.
    device: str = "auto"
    # Where metrics go.
    logger: LoggerConfig = MISSING
    # Where members are looked for.
    artifacts: ArtifactsConfig = MISSING
    # Whose predictions are fused; its name is part of where they lie.
    data: Any = None
    # Further scores, from outside of lfx: name -> what returns it.
    scores: Any = field(default_factory=dict)

    # Sections of which only the name counts, so that nothing else in them has to be given.
    by_name: ClassVar[tuple[str, ...]] = ("data",)

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = [*name_problems("name", self.name), *seed_in_range("seed", self.seed)]
        found += [] if self.data is None else name_problems("data.name", str(self.data))
        if not self.files:
            found.append("there are no members; give at least one: members.NAME=PATH")
        on_missing = self.members.get(ON_MISSING)
        if on_missing not in OnMissing.__members__:
            allowed = ", ".join(OnMissing.__members__)
            found.append(f"members.{ON_MISSING}: allowed are {allowed}; got {on_missing}")
        if self.fit_folds < 1:
            found.append(f"fit_folds must be at least 1, got {self.fit_folds}")
        return [*found, *self._objective_problems()]

    def _objective_problems(self) -> list[str]:
        split, _, score = self.objective.partition("/")
        if split == "test":
            instead = f"val/{score or 'f1_weighted'}"
            what = "what is chosen by the test split cannot be reported on it"
            return [f"objective={self.objective}: {what}; use objective={instead}"]
        if split not in {"val", "oof"} or score not in _REPORTED.allowed():
            scores = ", ".join(_REPORTED.allowed())
            what = f"SPLIT/SCORE with SPLIT val or oof and SCORE one of {scores}"
            return [f"objective is {what}; got {self.objective}"]
        return []

    @property
    def files(self) -> dict[str, str]:
        """The members' artifacts: name -> path."""
        return {name: path for name, path in self.members.items() if name != ON_MISSING}
