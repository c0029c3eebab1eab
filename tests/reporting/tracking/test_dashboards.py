"""Dashboards of W&B, built without a server and read back by the library's own classes."""

from __future__ import annotations

import json
import sys

import pytest

from lfx.reporting.tracking import dashboards
from lfx.reporting.tracking.dashboards import make_dashboards
from lfx.reporting.tracking.workspace import require_workspaces
from lfx.runtime.errors import ConfigError

wr = pytest.importorskip("wandb_workspaces.reports.v2")
ws = pytest.importorskip("wandb_workspaces.workspaces")

HOSTILE = "text <script>alert(1)</script> is best"


@pytest.fixture
def documents(tmp_path, monkeypatch, caplog):
    """What is written where W&B has no key: workspace and report."""
    monkeypatch.setattr(dashboards, "has_api_key", lambda: False)
    caplog.set_level("INFO")
    files = make_dashboards("me/mine", ["image", "text"], [HOSTILE], tmp_path)
    assert [file.name for file in files] == ["workspace.json", "report.json"]
    assert "nothing was sent; to make these dashboards in me/mine: wandb login" in caplog.text
    return [json.loads(file.read_text()) for file in files]


def test_the_workspace_is_what_the_library_reads(documents):
    from wandb_workspaces.workspaces import internal

    workspace = ws.Workspace._from_model(internal.View.model_validate(documents[0]))
    assert (workspace.entity, workspace.project) == ("me", "mine")
    panels = {section.name: section.panels for section in workspace.sections}
    assert list(panels) == [
        *("training", "fusion sweep", "comparison of members", "calibration", "cases"),
    ]
    assert [one.name for one in panels["training"][0].y] == ["train/loss", "val/loss"]
    parallel = panels["fusion sweep"][0]
    assert isinstance(parallel, wr.ParallelCoordinatesPlot)
    axes = [column.metric for column in parallel.columns]
    assert wr.Config("fusion.name") in axes
    assert wr.SummaryMetric("weight/text") in axes
    assert wr.SummaryMetric("test/f1_weighted") in axes


def test_the_report_is_what_the_library_reads(documents):
    from wandb_workspaces.reports.v2 import internal

    report = wr.Report._from_model(internal.ReportViewspec.model_validate(documents[1]))
    headings = [block.text for block in report.blocks if isinstance(block, wr.H1)]
    assert headings[:3] == ["Verdict", "Training", "Fusion sweep"]
    assert HOSTILE in [block.text for block in report.blocks if isinstance(block, wr.P)]
    grids = [block for block in report.blocks if isinstance(block, wr.PanelGrid)]
    assert len(grids) == 5
    assert all(grid.panels for grid in grids)


def test_what_is_missing_is_said_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb_workspaces.workspaces", None)
    with pytest.raises(ConfigError, match=r"needs wandb_workspaces\S*, which is not installed"):
        require_workspaces()


def test_what_the_server_refuses_is_no_traceback(monkeypatch, tmp_path):
    monkeypatch.setattr(dashboards, "has_api_key", lambda: True)

    def refuse(_self):
        raise ValueError("no such project")

    monkeypatch.setattr(ws.Workspace, "save", refuse)
    with pytest.raises(ConfigError, match="wandb=me/mine: W&B has not taken the dashboards: no su"):
        make_dashboards("me/mine", [], [], tmp_path)
