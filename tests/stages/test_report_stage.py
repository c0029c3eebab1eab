from __future__ import annotations

import csv
import shutil
from typing import TYPE_CHECKING

import pytest
from running import Trained, fail, succeed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def test_the_report_has_a_row_a_run(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.folder / "runs", tmp_path / "runs")
    for scheme in ("mean", "minimizing_loss"):
        run = f"hydra.run.dir={tmp_path}/runs/{scheme}"
        succeed(trained.folder, "fuse", f"fusion={scheme}", run)
    output = succeed(tmp_path, "report", "runs=runs", "hydra.run.dir=report")
    lines = (tmp_path / "report/report.csv").read_text().splitlines()
    rows = list(csv.DictReader(lines))
    names = [row["name"] for row in rows]
    assert names.index("image") < names.index("text") < names.index("mean")
    assert names[-1] == "minimizing_loss"
    for row in rows:
        assert {"val accuracy", "test weighted F1", "test macro F1"} <= row.keys()
        assert 0 <= float(row["test accuracy"]) <= 1
        assert row["name"] in output
    markdown = (tmp_path / "report/report.md").read_text().splitlines()
    assert len(markdown) == 2 + len(rows)
    assert len({line.count("|") for line in markdown}) == 1


def test_reporting_nothing_says_so(tmp_path: Path) -> None:
    assert "runs=outputs is not a folder" in fail(tmp_path, "report", "hydra.run.dir=report")
    (tmp_path / "runs").mkdir()
    message = fail(tmp_path, "report", "runs=runs", "hydra.run.dir=report")
    assert "no completed run" in message
