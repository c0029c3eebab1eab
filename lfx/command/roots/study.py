"""Settings of `lfx.study`: conf/study.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from omegaconf import MISSING

from lfx.runtime.naming import name_problems
from lfx.runtime.settings import Seed, all_problems

COMMANDS = ("augment", "train", "fuse", "predict", "report")


@dataclass
class StepConfig:
    """One run of a study."""

    # The command: augment, train, fuse, predict or report.
    command: str = MISSING
    # Its settings, as they are typed; SEED_FOLDER becomes the folder of the study and the seed.
    settings: list[str] = field(default_factory=list)


@dataclass
class PlanConfig:
    """conf/study/NAME.yaml: what a study consists of."""

    # The study's name.
    name: str = MISSING
    # Runs of each seed, in this order: name -> command and settings.
    steps: dict[str, StepConfig] = MISSING
    # Settings of the `lfx.report` over all seeds at the end of the study.
    report: list[str] = field(default_factory=list)
    # The data set, of a study whose steps name it as ${study.data}.
    data: str | None = None
    # The name of its folder.
    folder: str = "${.name}"


@dataclass
class StudyConfig:
    """conf/study.yaml."""

    # The study.
    study: PlanConfig = MISSING
    # One or more; each seed has its own splits of the data.
    seeds: list[int] = field(default_factory=lambda: [0])
    # The folder of all results. A study that is started again resumes there.
    folder: str = MISSING
    # Settings of the data, given to all steps that read them: data.root=/path.
    data: dict[str, Any] = field(default_factory=dict)
    # Where the metrics of all steps go, which W&B puts into one group; null: as each step says.
    logger: Any = None
    # Further settings, by command or by step: arguments.train.trainer.device=cuda:1.
    arguments: dict[str, Any] = field(default_factory=dict)
    # Steps that are not run.
    leave_out: list[str] = field(default_factory=list)

    def problems(self) -> list[str]:
        """Return the problems of these settings."""
        problems = [] if self.seeds else ["seeds: at least one is needed"]
        problems += all_problems(("seeds", seed, Seed) for seed in self.seeds)
        if len(set(self.seeds)) < len(self.seeds):
            problems.append(f"seeds: each once, got {', '.join(map(str, self.seeds))}")
        for name, step in self.study.steps.items():
            problems += name_problems(f"study.steps.{name}", name)
            if step.command not in COMMANDS:
                allowed = ", ".join(COMMANDS)
                problems.append(
                    f"study.steps.{name}.command: allowed are {allowed}; got {step.command}"
                )
        steps = ", ".join(self.study.steps)
        problems += [
            f"leave_out: there is no step {name}; there are {steps}"
            for name in self.leave_out
            if name not in self.study.steps
        ]
        problems += [
            f"arguments.{name}: there is no such command or step; there are "
            f"{', '.join(COMMANDS)}, {steps}"
            for name in self.arguments
            if name not in {*COMMANDS, *self.study.steps}
        ]
        problems += [
            f"arguments.{name} takes settings: arguments.{name}.KEY=VALUE; got {value}"
            for name, value in self.arguments.items()
            if not isinstance(value, dict)
        ]
        return problems
