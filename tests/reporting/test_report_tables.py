from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.parquet import write_predictions
from lfx.artifacts.predictions import Predictions
from lfx.reporting.run_table import run_differences, run_table
from lfx.runs.find import Run, collect_runs, newest_of_each
from lfx.runtime.errors import DataError
from lfx.training.logged import flat_scores
from lfx.training.loggers import CsvLogging, LoggedRun, NoLogging

SCORES = {"accuracy": 0.75, "f1_weighted": 0.5, "f1_macro": 1 / 3, "support": 40}


def run(name: str, started: str = "1", **options: object) -> Run:
    arguments = {
        "folder": Path(name),
        "stage": "train",
        "data": "demo",
        "model": "tiny",
        "seed": 0,
        "metrics": {"val": SCORES},
        **options,
    }
    return Run(name=name, started=started, **arguments)  # type: ignore[arg-type]


def write_run(
    folder: Path, stage: str, state: str, name: str, started: str, root: str = "???"
) -> None:
    (folder / ".hydra").mkdir(parents=True)
    status = {"stage": stage, "state": state, "started": started}
    (folder / "status.json").write_text(json.dumps(status))
    (folder / "metrics.json").write_text(json.dumps({"val": SCORES}))
    config = (
        f"name: ${{modality.name}}\nmodality: {{name: {name}}}\nseed: 2\n"
        # A fusion needs no root, and leaves it missing.
        f"data: {{name: demo, root: '{root}', source: {{root: '${{data.root}}'}}}}\n"
    )
    (folder / ".hydra/config.yaml").write_text(config)
    columns = {"sample_id": ["a"], "group": ["a"], "split": ["val"], "label": [0]}
    about = dict.fromkeys(("data_fingerprint", "split_fingerprint", "config_hash"), "0")
    about |= {"modality": "text", "name": name, "created": "2026-01-01T00:00:00+00:00"}
    metadata = Metadata(("x", "y"), seed=2, versions={}, **about)
    predictions = Predictions.from_columns(columns, np.zeros((1, 2), np.float32), metadata)
    write_predictions(folder / "predictions.parquet", predictions)


def test_runs_are_of_a_kind_wherever_their_data_lie(tmp_path: Path) -> None:
    write_run(tmp_path / "a", "train", "completed", "text", "1", "/data")
    write_run(tmp_path / "b", "train", "completed", "text", "2", "../data")
    write_run(tmp_path / "c", "train", "completed", "image", "3", "/data")
    one, two, three = sorted(collect_runs(tmp_path), key=lambda run: run.started)
    assert one.kind == two.kind != three.kind


def test_only_completed_runs_are_collected(tmp_path: Path) -> None:
    write_run(tmp_path / "a/deep", "train", "completed", "text", "2")
    write_run(tmp_path / "b", "train", "failed", "broken", "1")
    write_run(tmp_path / "c", "fuse", "completed", "mean", "1")
    write_run(tmp_path / "d", "train", "completed", "image", "1")
    runs = collect_runs(tmp_path)
    assert [one.name for one in runs] == ["image", "text", "mean"]
    assert {one.seed for one in runs} == {2}
    assert collect_runs(tmp_path, data="other") == []


def test_a_damaged_run_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_run(tmp_path / "a", "train", "completed", "text", "1")
    (tmp_path / "a/metrics.json").write_text("{")
    assert collect_runs(tmp_path) == []
    assert "cannot be read and is left out" in caplog.text


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a folder"):
        collect_runs(tmp_path / "nowhere")


def test_the_newest_of_each_kind_stays() -> None:
    runs = [run("a", "1"), run("b", "2"), run("a", "3"), run("a", "4", seed=1)]
    assert [(one.name, one.started) for one in newest_of_each(runs)] == [
        ("a", "3"),
        ("b", "2"),
        ("a", "4"),
    ]


def test_a_split_that_a_run_lacks_stays_empty() -> None:
    table = run_table([run("a"), run("b", metrics={"val": SCORES, "test": SCORES})])
    header, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.markdown().splitlines()
    ]
    titles = ("n", "accuracy", "weighted F1", "macro F1")
    known = [header.index(f"{split} {title}") for split in ("val", "test") for title in titles]
    assert [rows[0][index] for index in known] == ["40", "0.750", "0.500", "0.333"] + [""] * 4
    assert [rows[1][index] for index in known[4:]] == ["40", "0.750", "0.500", "0.333"]


def test_a_name_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    run_table([run("run[red]x"), run("[b]")]).print()
    printed = capsys.readouterr().out
    assert "run[red]x" in printed
    assert "[b]" in printed


def test_a_leaky_run_is_marked_everywhere(tmp_path: Path) -> None:
    runs = [run("sly", metrics={"val": SCORES, "leaky": True})]
    for file in run_table(runs).write(tmp_path, "report"):
        assert "LEAKY" in file.read_text()


def test_the_csv_has_all_digits(tmp_path: Path) -> None:
    table, *_ = run_table([run("a")]).write(tmp_path, "report")
    assert str(1 / 3) in table.read_text()


def test_scores_are_flattened_for_loggers() -> None:
    metrics = {"val": {"accuracy": 0.5, "per_class": {"bad": {"f1": 0.25}}}, "leaky": True}
    flat = {"val/accuracy": 0.5, "val/per_class/bad/f1": 0.25, "leaky": 1.0}
    assert flat_scores(metrics) == flat


def test_no_logger_is_no_logger(tmp_path: Path) -> None:
    assert NoLogging().build(LoggedRun("train", "a", tmp_path)) is None
    csv = CsvLogging().build(LoggedRun("train", "a", tmp_path))
    assert csv.log_dir == str(tmp_path / "csv")


def test_runs_of_one_second_are_told_apart() -> None:
    at = "2026-01-01T00:00:0"
    runs = [run("text", f"{at}{rest}+00:00") for rest in ("1.250", "1.251", "2.000")]
    assert run_differences(runs) == [[f"({at}1.250)"], [f"({at}1.251)"], [f"({at}2)"]]


def test_where_a_run_resumed_is_no_part_of_its_name() -> None:
    runs = [
        run("text", "1", overrides=("x=1", "ckpt=last", "logger.project=p")),
        run("text", "2", overrides=("x=2",)),
    ]
    assert run_differences(runs) == [["x=1"], ["x=2"]]
