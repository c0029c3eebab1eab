from __future__ import annotations

import csv
import json
import shutil
from typing import TYPE_CHECKING

import pytest
from running import Trained, fail, succeed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

MEMBERS = ("image", "text")


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
    lines = [line for line in markdown if line.startswith("|")]
    assert len(lines) == 2 + len(rows)
    assert len({line.count("|") for line in lines}) == 1


def test_a_page_of_runs_of_a_sweep_and_of_a_fusion(trained: Trained, tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    shutil.copytree(trained.folder / "runs", tmp_path / "runs")
    sweep = tmp_path / "runs/sweep"
    arguments = ("-m", "fusion=mean,grid", f"hydra.sweep.dir={sweep}")
    succeed(trained.folder, "fuse", *arguments)
    output = succeed(
        trained.folder,
        "report",
        "html=true",
        f"runs={tmp_path}/runs",
        "data=demo",
        "data.source.pairs=200",
        f"hydra.run.dir={tmp_path}/report",
    )
    assert f"{tmp_path}/report: report.html (" in output
    of_runs = (tmp_path / "report/report.html").read_text()
    assert "data:image/webp;base64," in of_runs
    assert "cannot be told apart from" in of_runs or "is better than" in of_runs
    for section in ("explorer-of-0", "cases-of-0", "learning", "models", "origin"):
        assert f'<section id="{section}">' in of_runs
    succeed(trained.folder, "report", "html=true", f"sweep={sweep}", f"runs={tmp_path}/runs")
    succeed(trained.folder, "report", "html=true", f"run={sweep}/0", f"runs={tmp_path}/runs")
    for file in (sweep / "report.html", sweep / "0/report.html"):
        page = file.read_text()
        assert '<section id="learning">' in page  # of the members, found below runs=
        assert "adds texts, pictures and sounds" in page
    message = fail(tmp_path, "report", "html=true", "missing=[0.5]", "data=demo")
    assert "html=true is a page of runs, sweep= or run=, not of missing=" in message


def test_runs_of_one_name_are_told_apart(trained: Trained, tmp_path: Path) -> None:
    sweep = ["-m", "fusion=detection_rate", "fusion.alpha=prior,none"]
    succeed(trained.folder, "fuse", *sweep, f"hydra.sweep.dir={tmp_path}/runs/sweep")
    ckpt = {name: f"ckpt={trained.folder}/runs/{name}/checkpoints/best.ckpt" for name in MEMBERS}
    root = f"data.source.root={trained.folder}/outputs/data/demo"
    for name in MEMBERS:
        succeed(tmp_path, "predict", ckpt[name], root, f"hydra.run.dir=runs/{name}")
    for turn in ("first", "second"):  # the same again: the newer one counts
        succeed(trained.folder, "fuse", "fusion=mean", f"hydra.run.dir={tmp_path}/runs/{turn}")
    output = succeed(tmp_path, "report", "runs=runs", "hydra.run.dir=report")
    assert "older runs of the same kind left out: 1" in output
    rows = list(csv.DictReader((tmp_path / "report/report.csv").read_text().splitlines()))
    assert sorted(row["name"] for row in rows) == [
        "detection_rate fusion.alpha=none",
        "detection_rate fusion.alpha=prior",
        *("image", "mean", "text"),
    ]
    assert {row["model"] for row in rows if row["name"] in MEMBERS} == set(MEMBERS)
    assert all((tmp_path / row["run"] / "metrics.json").is_file() for row in rows)
    succeed(tmp_path, "report", "runs=runs", "newest=false", "hydra.run.dir=report")
    rows = list(csv.DictReader((tmp_path / "report/report.csv").read_text().splitlines()))
    assert len({row["name"] for row in rows}) == len(rows) == 6  # the times tell the two means


def test_reporting_nothing_says_so(tmp_path: Path) -> None:
    assert "runs=outputs is not a folder" in fail(tmp_path, "report", "hydra.run.dir=report")
    (tmp_path / "runs").mkdir()
    message = fail(tmp_path, "report", "runs=runs", "hydra.run.dir=report")
    assert "no completed run" in message


def test_a_look_at_a_fusion_tells_where_it_is_wrong(trained: Trained, tmp_path: Path) -> None:
    run = tmp_path / "fused"
    name = ["fusion=mean", f"hydra.run.dir={run}"]
    succeed(trained.folder, "fuse", *name)
    by_itself = {"per_class.csv", "per_class.png", "confusion.csv", "confusion.png"}
    assert by_itself <= {file.name for file in run.iterdir()}
    for file in by_itself:
        (run / file).unlink()
    output = succeed(trained.folder, "report", f"run={run}")
    assert "data=… (and data.root=…) adds the tweets" in output
    assert by_itself <= {file.name for file in run.iterdir()}
    assert not (run / "cases.csv").exists()

    own = ["data=demo", "data.source.pairs=200", "against=image", "cases=1"]
    root = f"data.source.root={trained.folder}/outputs/data/demo"
    output = succeed(tmp_path, "report", f"run={run}", *own, root)  # in another folder
    assert "on 20 test samples" in output
    rows = list(csv.DictReader((run / "cases.csv").read_text().splitlines()))
    metrics = {
        folder: json.loads((folder / "metrics.json").read_text())["test"]["accuracy"]
        for folder in (run, trained.image)
    }
    kinds = [row["kind"] for row in rows]
    gained = round(20 * (metrics[run] - metrics[trained.image]))
    assert kinds.count("corrected") - kinds.count("corrupted") == gained
    shares = list(csv.DictReader((run / "classes.csv").read_text().splitlines()))
    assert sum(int(row["samples"]) for row in shares) == 200

    message = fail(trained.folder, "report", f"run={run}", "data=demo", "data.source.pairs=300")
    assert "these are not the samples of run=" in message
    message = fail(trained.folder, "report", f"run={trained.image}", *own[:2], "against=text")
    assert "is not a fusion, so it has no members" in message
    status = json.loads((run / "status.json").read_text())
    (run / "status.json").write_text(json.dumps(status | {"state": "failed", "error": "x"}))
    assert "has not completed: x" in fail(tmp_path, "report", f"run={run}")
    assert "is not the directory of a run" in fail(trained.folder, "report", "run=nowhere")
    assert "data.root is required" in fail(trained.folder, "report", "run=x", "data=mvsa_single")
    message = fail(
        trained.folder,
        "report",
        "against=text",
        "cases=0",
        "sweep=x",
        "over_seeds=1",
        "trust=[a.B]",
    )
    many = "over_seeds, reference=, levels and missing="
    assert message.splitlines() == [
        "error: trust= is only read with missing=",
        f"run= and sweep= look at one run or multirun; {many} compare many",
        "against=MEMBER is only read with run=DIRECTORY and data=…",
        "cases must be at least 1, got 0",
    ]


def test_runs_stand_beside_published_results(trained: Trained, tmp_path: Path) -> None:
    members = [f"members.{name}=outputs/artifacts/demo/{name}.parquet" for name in MEMBERS]
    experiment = ["experiment=paper_light/detection_rate", "data=demo", *members]
    succeed(trained.folder, "fuse", *experiment, f"hydra.run.dir={tmp_path}/runs/fused")
    output = succeed(tmp_path, "report", "reference=paper_light", "runs=runs", "hydra.run.dir=r")
    rows = list(csv.DictReader((tmp_path / "r/reference.csv").read_text().splitlines()))
    (reached,) = [row for row in rows if row["accuracy"]]
    metrics = json.loads((tmp_path / "runs/fused/metrics.json").read_text())
    assert reached["experiment"] == "paper_light/detection_rate"
    assert float(reached["accuracy"]) == metrics["test"]["accuracy"]
    assert output.count("not run") == 5
    assert "0.7223" in output
    # Runs of the same names that were made in another way do not stand for it.
    message = fail(trained.folder, "report", "reference=paper_light", "runs=runs")
    assert "is compared with runs of experiment=" in message
    assert "choose from: paper, paper_light" in fail(tmp_path, "report", "reference=mine")


def test_a_card_of_the_data(trained: Trained, tmp_path: Path) -> None:
    data = ["data_card=true", "data=demo", f"data.root={trained.folder}/data"]
    data += ["data.source.pairs=200", f"data.cache_dir={tmp_path}/cache"]
    output = succeed(trained.folder, "report", *data, "data.folds=3", f"hydra.run.dir={tmp_path}")
    assert "- 200 samples of 3 classes; fold 0 " in output
    assert f"written to {tmp_path}: data_card.md, data_card.html, data_card.json" in output
    assert (tmp_path / "data_card.md").read_text().startswith("# Data card: demo\n")
    record = json.loads((tmp_path / "data_card.json").read_text())
    assert record["columns"]["image"]["counts"]["format"] == {"JPEG": 200}
    message = fail(tmp_path, "report", *data, "read_as.text=smell")
    assert "there are audio, image, text, vector" in message
