from __future__ import annotations

import csv
import json

import pyarrow.parquet as pq
import pytest
from omegaconf import OmegaConf

from lfx.reporting.ranking_table import titles
from lfx.reporting.summary import summarise_sweep
from lfx.reporting.sweep import read_sweep
from lfx.runs.joblist import ListedJob, write_jobs
from lfx.runs.status import RunStatus
from lfx.runtime.errors import DataError

BASELINES = {"mean": {"val": dict.fromkeys(("accuracy", "f1_weighted", "f1_macro"), 0.5)}}


def metrics(score):
    numbers = dict.fromkeys(("accuracy", "balanced_accuracy", "f1_macro", "nll", "ece"), score)
    per_class = {"a": {"precision": score, "recall": score, "f1": score, "support": 7}}
    own = numbers | {"f1_weighted": score, "support": 7, "per_class": per_class}
    return {"val": own, "test": own | {"accuracy": 1 - score}}


@pytest.fixture
def add(tmp_path):
    """Leave what a job leaves."""

    def build(number, overrides, score=None, *, state="completed", error=None, **document):
        folder = tmp_path / "sweep" / str(number)
        (folder / ".hydra").mkdir(parents=True)
        RunStatus("fuse", overrides=overrides, started="then").end(folder, state, error)
        config = {
            "objective": "val/accuracy",
            "logger": {"_target_": "lfx.training.loggers.NoLogging"},
        }
        OmegaConf.save(OmegaConf.create(config), folder / ".hydra/config.yaml")
        if score is not None:
            weights = {
                "members": ["image", "text"],
                "classes": ["a", "b"],
                "weights": [1.0, 3.0],
                "per": "member",
                "scheme": overrides[0].partition("=")[2],
            } | document
            (folder / "weights.json").write_text(json.dumps(weights))
            (folder / "metrics.json").write_text(json.dumps(metrics(score)))
            (folder / "baselines.json").write_text(json.dumps(BASELINES))
        return tmp_path / "sweep"

    return build


def test_a_row_a_job(add):
    add(10, ["fusion=mean"], 0.25)
    add(2, ["fusion=weighted", "fusion.weights.text=0.75"], 0.5)
    folder = add(3, ["fusion=weighted", "fusion.weights.text=7"], state="failed", error="too much")
    summarise_sweep(folder)
    with (folder / "sweep.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["job"] for row in rows] == ["2", "3", "10"]
    assert [row["status"] for row in rows] == ["completed", "failed", "completed"]
    assert rows[1]["error"] == "too much"
    assert rows[1]["val/accuracy"] == ""
    assert rows[0]["overrides"] == "fusion=weighted fusion.weights.text=0.75"
    assert rows[0]["overrides/fusion"] == "weighted"
    assert float(rows[0]["weights/text"]) == 0.75
    assert float(rows[0]["test/accuracy"]) == 0.5
    assert float(rows[2]["val/per_class/a/recall"]) == 0.25
    table = pq.read_table(folder / "sweep.parquet").to_pydict()
    assert list(table) == list(rows[0])
    assert table["overrides/fusion.weights.text"] == [0.75, 7.0, None]
    assert table["val/f1_macro"] == [0.5, None, 0.25]
    assert table["overrides/fusion"] == ["weighted", "weighted", "mean"]


def test_the_best_job_stands_first_and_equals_share_a_rank(add, capsys):
    add(0, ["fusion=mean"], 0.25)
    add(1, ["fusion=max"], 0.5)
    add(2, ["fusion=product"], 0.5)
    folder = add(3, ["fusion=learned"], state="failed", error="no labels")
    summarise_sweep(folder)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ranked by val/accuracy; val n = 7, test n = 7"
    ranked = [line.split()[:3] for line in lines if line[:1].isdigit()]
    assert ranked == [["1", "1", "max"], ["1", "2", "product"], ["3", "0", "mean"]]
    assert sum("baseline: mean" in line for line in lines) == 1
    assert lines[-2] == "failed: 1 of 4 jobs (3)"
    markdown = (folder / "sweep.md").read_text().splitlines()
    assert markdown[2].startswith("| 1 | 1 | max | 0.500 | 0.500 | 0.500 |")
    assert markdown[4].startswith("|  |  | baseline: mean | 0.500 |")  # in its place
    assert markdown[5].startswith("| 3 | 0 | mean | 0.250 |")


def test_less_is_better_of_a_loss(add):
    add(0, ["fusion=mean"], 0.5)
    folder = add(1, ["fusion=max"], 0.25)
    file = folder / "0/.hydra/config.yaml"
    file.write_text("objective: val/nll\n")
    assert [job.name for job in read_sweep(folder).ranked] == ["max", "mean"]


def test_twice_is_the_same(add):
    add(0, ["fusion=mean"], 0.5)
    add(1, ["fusion=weighted", "fusion.weights.text=0.1"], 0.5)
    folder = add(2, ["fusion=weighted", "fusion.weights.text=0.5"], 0.25)
    summarise_sweep(folder)
    first = {file.name: file.read_bytes() for file in folder.glob("sweep.*")}
    assert set(first) == {"sweep.csv", "sweep.parquet", "sweep.md"}
    summarise_sweep(folder)
    assert {file.name: file.read_bytes() for file in folder.glob("sweep.*")} == first


def test_a_number_that_was_swept_gives_a_curve(add):
    for place, value in enumerate(("0", "0.5", "1")):
        add(place, ["fusion=weighted", f"fusion.weights.text={value}"], 0.25 + place / 4)
    folder = add(3, ["fusion=weighted", "fusion.weights.text=2"], state="failed", error="much")
    summarise_sweep(folder)
    assert (folder / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_two_numbers_give_none(add):
    for place in range(9):
        own = [f"fusion.weights.text={place // 3}", f"seed={place % 3}"]
        folder = add(place, ["fusion=weighted", *own], 0.5)
    summarise_sweep(folder)
    assert not (folder / "sweep.png").exists()


@pytest.mark.parametrize(
    ("per", "weights", "want"),
    [
        ("class", [[1.0, 2.0], [3.0, 4.0]], {"image.a": "1.0", "text.b": "4.0"}),
        ("sample", [[0.5, 1.0], [0.5, 0.0]], {"image": "0.75", "text": "0.25"}),
        ("feature", [[0.1] * 4], {}),
    ],
)
def test_other_kinds_of_weights(add, per, weights, want):
    folder = add(0, ["fusion=mean"], 0.5, per=per, weights=weights)
    summarise_sweep(folder)
    with (folder / "sweep.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert {key: row[f"weights/{key}"] for key in want} == want
    assert any(key.startswith("weights/") for key in row) == bool(want)


def test_jobs_are_named_by_what_tells_them_apart(add):
    shared = ["data=mine"]
    add(0, ["fusion=mean", *shared], 0.5)
    add(1, ["fusion=mean", "calibration=vector", *shared], 0.5)
    folder = add(2, ["fusion=learned", "name=own", *shared], 0.5)
    jobs = read_sweep(folder).jobs
    assert titles(jobs) == ["mean", "mean calibration=vector", "own fusion=learned"]


def test_a_leak_is_shown(add, capsys):
    folder = add(0, ["fusion=learned"], 0.5)
    file = folder / "0/metrics.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"leaky": True}))
    summarise_sweep(folder)
    assert "LEAKY" in capsys.readouterr().out


def test_a_repeated_sweep_leaves_nothing_of_an_earlier_one(add):
    for place, value in enumerate(("0", "0.5", "1")):
        folder = add(place, ["fusion=weighted", f"fusion.weights.text={value}"], 0.5)
    summarise_sweep(folder)
    for place in range(3):
        RunStatus("fuse", overrides=["fusion=weighted"]).end(folder / str(place), "failed", "gone")
    summarise_sweep(folder)
    assert {file.name for file in folder.glob("sweep.*")} == {"sweep.csv", "sweep.parquet"}
    assert not (folder / "sweep.png").exists()
    assert not (folder / "sweep.md").exists()


def test_jobs_that_have_not_begun_have_a_row(add, capsys):
    folder = add(0, ["fusion=mean"], 0.5)
    own = (f"fusion={name}" for name in ("mean", "max"))
    write_jobs(folder, [ListedJob(n, folder / str(n), (one,)) for n, one in enumerate(own)])
    summarise_sweep(folder)
    assert capsys.readouterr().out.splitlines()[-2] == "not started: 1 of 2 jobs (1)"
    with (folder / "sweep.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["overrides"] for row in rows] == ["fusion=mean", "fusion=max"]


def test_the_multirun_says_what_it_is_ranked_by(add):
    folder = add(0, ["fusion=mean"], 0.5)
    (folder / "multirun.yaml").write_text("objective: val/ece\n")
    assert read_sweep(folder).objective == "val/ece"


def test_no_multirun(tmp_path):
    with pytest.raises(DataError, match=r"sweep=.*nowhere is not a directory; give the directory"):
        read_sweep(tmp_path / "nowhere")
    with pytest.raises(DataError, match="has no jobs"):
        read_sweep(tmp_path)
