"""Settings of `lfx.report`: conf/report.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from lfx.configuration.reference import ReferenceConfig


@dataclass
class ReportConfig:
    """conf/report.yaml."""

    # The folder whose runs are reported.
    runs: str = "outputs"
    # A multirun's directory, whose table, ranking and curve are made anew; null: report runs.
    sweep: str | None = None
    # A run's directory, whose errors are looked at; with a whole data set (data=… data.root=…) also
    # its classes and, of a fusion, the tweets that it mended or broke; null: report runs.
    run: str | None = None
    # The member that the fusion is compared with there; null: text, or the first by name.
    against: str | None = None
    # How many tweets of each kind are shown.
    cases: int = 4
    # Published results that the runs are put beside, with 95 % intervals or, over several
    # seeds, mean and standard deviation; null: none.
    reference: ReferenceConfig | None = None
    # Only runs on the data set of this name; null: all.
    data: Any = None
    # Further scores, from outside of lfx: name -> what returns it.
    scores: Any = field(default_factory=dict)
    # Whether only the newest run of a kind (stage, data, name, model, settings) is shown.
    newest: bool = True
    # Whether runs that differ in their seed alone share a row: mean and standard deviation.
    over_seeds: bool = False

    # Sections of which only the name counts, so that nothing else in them has to be given.
    by_name: ClassVar[tuple[str, ...]] = ("data",)
    # The setting with which they count as a whole.
    whole_with: ClassVar[str] = "run"

    def problems(self) -> list[str]:
        """Say what is impossible about these settings."""
        found = []
        if self.reference is not None and self.over_seeds:
            found.append("over_seeds=true is not read with reference=, which averages by itself")
        if self.run is not None and self.sweep is not None:
            found.append(
                "run=DIRECTORY looks at one run, sweep=DIRECTORY at a multirun's; give one"
            )
        one = self.run is not None or self.sweep is not None
        if one and (self.over_seeds or self.reference is not None):
            found.append(
                "run= and sweep= look at one run or multirun; over_seeds, reference= compare many"
            )
        if self.against is not None and (self.run is None or self.data is None):
            found.append("against=MEMBER is only read with run=DIRECTORY and data=…")
        if self.cases < 1:
            found.append(f"cases must be at least 1, got {self.cases}")
        return found
