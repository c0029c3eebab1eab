"""Settings of `lfx.report`: conf/report.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass
class ReportConfig:
    """conf/report.yaml."""

    # The folder whose runs are reported.
    runs: str = "outputs"
    # A multirun's directory, whose table, ranking and curve are made anew; null: report runs.
    sweep: str | None = None
    # Only runs on the data set of this name; null: all.
    data: Any = None
    # Whether only the newest run of a kind (stage, data, name, model, settings) is shown.
    newest: bool = True
    # Whether runs that differ in their seed alone share a row: mean and standard deviation.
    over_seeds: bool = False

    # Sections of which only the name counts, so that nothing else in them has to be given.
    by_name: ClassVar[tuple[str, ...]] = ("data",)
