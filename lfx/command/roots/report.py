"""Settings of `lfx.report`: conf/report.yaml."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, ClassVar

from lfx.command.roots.figures import WithFigures
from lfx.command.roots.scores import WithScores
from lfx.runtime.settings import Share, all_problems

_PLACE = re.compile(r"[\w.-]+/[\w. -]+")


@dataclass
class ReportConfig(WithScores, WithFigures):
    """conf/report.yaml."""

    # The folder whose runs are reported.
    runs: str = "outputs"
    # A multirun's directory, whose table, ranking and curve are made again; null: report runs.
    sweep: str | None = None
    # A run's directory, whose errors are reported; with a data set (data=… data.root=…) also its
    # classes and, for a fusion, the tweets that it corrected or corrupted; null: report runs.
    run: str | None = None
    # The member that the fusion of run= is compared with; null: text, or the first by name.
    against: str | None = None
    # Number of tweets of each kind that are shown.
    cases: int = 4
    # Published results to compare the runs with, with 95 % intervals or, over several seeds, mean
    # and standard deviation; null: none.
    reference: Any = None
    # Only runs on the data set of this name; null: all.
    data: Any = None
    # Whether only the newest run of a kind (stage, data, name, model, settings) is shown.
    newest: bool = True
    # Whether runs that differ in their seed alone share a row: mean and standard deviation.
    over_seeds: bool = False
    # Whether models are compared by what they cost too: seconds, memory, parameters and epochs;
    # with the curves of missing= where they lie below runs=.
    levels: bool = False
    # Shares of the test samples that lack a column: how the models and fusions below runs= fare
    # then, for each column; needs the data (data=… data.root=…). null: not asked.
    missing: list[float] | None = None
    # Whether a page in HTML is written too, a single file that needs no network: of the runs, or of
    # sweep= or run=. With a data set (data=… data.root=…) it shows texts, pictures and sounds.
    html: bool = False
    # Whether the data (data=… data.root=…, with the settings of training) are described instead of
    # runs: a data card.
    data_card: bool = False
    # For data_card: column → the modality that describes it (text, image, audio, vector, or a class
    # of yours: mine.Video); without an entry the one that recognises the content.
    read_as: dict[str, str] = field(default_factory=dict)
    # For data_card: whether pictures and sounds are decoded to their end, to list the damaged ones;
    # false: their headers are read.
    whole_files: bool = False
    # ENTITY/PROJECT: a W&B workspace and report of that project's runs are made there; without an
    # API key they are written as JSON. null: none are.
    wandb: str | None = None
    # Where tables, verdicts and cases go too: W&B shows them.
    logger: Any = None
    # Classes from outside of lfx that checkpoints may name, for missing=: [mine.Encoder].
    trust: list[str] = field(default_factory=list)

    # Sections of which only the name is read, so that nothing else in them has to be given.
    by_name: ClassVar[tuple[str, ...]] = ("data",)
    # The settings with each of which all of them is read.
    whole_with: ClassVar[tuple[str, ...]] = ("run", "missing", "html", "data_card")

    def problems(self) -> list[str]:
        """Return the problems of these settings."""
        problems = [*self._missing_problems(), *self._card_problems()]
        if self.levels and (self.reference is not None or self.over_seeds):
            problems.append("levels=true is a table of its own, without reference= and over_seeds")
        if self.reference is not None and self.over_seeds:
            problems.append("over_seeds=true is not read with reference=, which averages by itself")
        if self.run is not None and self.sweep is not None:
            problems.append(
                "run=DIRECTORY looks at one run, sweep=DIRECTORY at a multirun's; give one"
            )
        is_single = self.run is not None or self.sweep is not None
        compares = self.over_seeds or self.levels or self.missing is not None
        if is_single and (compares or self.reference is not None):
            problems.append(
                "run= and sweep= look at one run or multirun; over_seeds, reference=, levels and "
                "missing= compare many"
            )
        if self.against is not None and (self.run is None or self.data is None):
            problems.append("against=MEMBER is only read with run=DIRECTORY and data=…")
        problems += self._wandb_problems(is_single=is_single)
        if self.cases < 1:
            problems.append(f"cases must be at least 1, got {self.cases}")
        return problems

    def _card_problems(self) -> list[str]:
        if not self.data_card:
            unread = {"read_as": self.read_as, "whole_files": self.whole_files}
            return [
                f"{name} is only read with data_card=true" for name, one in unread.items() if one
            ]
        problems = []
        if self.data is None:
            problems.append(
                "data_card=true needs the data: data=NAME, with the settings of training"
            )
        of_runs = {
            "run=": self.run is not None,
            "sweep=": self.sweep is not None,
            "missing=": self.missing is not None,
            "reference=": self.reference is not None,
            "over_seeds=true": self.over_seeds,
            "levels=true": self.levels,
            "html=true (a card has a page of its own)": self.html,
            "wandb=": self.wandb is not None,
        }
        given = [name for name, is_given in of_runs.items() if is_given]
        if given:
            problems.append(f"data_card=true tells of data, and not of runs: no {', '.join(given)}")
        return problems

    def _wandb_problems(self, *, is_single: bool) -> list[str]:
        if self.wandb is None:
            return []
        problems = []
        if not _PLACE.fullmatch(self.wandb):
            problems.append(f"wandb must be ENTITY/PROJECT, got {self.wandb}")
        if is_single or self.missing is not None:
            problems.append("wandb= makes dashboards of runs, without run=, sweep= or missing=")
        return problems

    def _missing_problems(self) -> list[str]:
        if self.missing is None:
            return ["trust= is only read with missing="] if self.trust else []
        problems = all_problems((f"missing[{n}]", one, Share) for n, one in enumerate(self.missing))
        if self.data is None:
            problems.append("missing= needs the data: data=NAME, with the settings of training")
        if self.reference is not None or self.over_seeds or self.levels:
            problems.append("missing= is a report of its own: no reference=, over_seeds, levels")
        if self.html:
            problems.append("html=true is a page of runs, sweep= or run=, not of missing=")
        return problems
