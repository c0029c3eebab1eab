"""One damaged run stops nothing: a line names its folder, and the others are reported."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lfx.artifacts.parquet import write_predictions
from lfx.evaluation.splits import evaluate_splits
from lfx.reporting.look import look_at_run
from lfx.reporting.member_files import member_files
from lfx.reporting.run_table import run_table
from lfx.reporting.seeds import group_by_seed, seed_rows
from lfx.reporting.summary import summarise_sweep
from lfx.reporting.sweep import read_sweep
from lfx.runs.find import collect_runs
from lfx.runs.status import RunStatus, read_status
from lfx.runtime.errors import DataError
from lfx.runtime.files import write_json

CONFIG = """\
name: mean
members: {on_missing: error, image: "${artifacts.dir}/image.parquet"}
artifacts: {dir: "out/${data.name}"}
data: {name: demo, fold: null}
"""


@pytest.fixture
def run(predicted):
    """Leave a folder as a run of `lfx.fuse` does."""

    def build(folder: Path, seed: int = 0, config: str = CONFIG) -> Path:
        ids = [f"s{number}" for number in range(6)]
        labels = [0, 1, 2] * 2
        fused = predicted(ids, ["val"] * 3 + ["test"] * 3, labels, labels, name="mean", seed=seed)
        folder.mkdir(parents=True)
        write_predictions(folder / "predictions.parquet", fused)
        write_json(folder / "metrics.json", evaluate_splits(fused))
        weights = {"members": ["image"], "classes": ["bad", "so", "good"], "weights": [1.0]}
        write_json(folder / "weights.json", weights | {"scheme": "mean", "per": "member"})
        write_json(folder / "baselines.json", {})
        (folder / ".hydra").mkdir()
        (folder / ".hydra/config.yaml").write_text(config)
        started = f"2026-01-01T00:00:0{seed}.000+00:00"
        status = RunStatus("fuse", "completed", started=started, overrides=[f"seed={seed}"])
        status.write(folder)
        return folder

    return build


def put(name: str, content: str | bytes):
    """Put something else into a file."""

    def damage(folder: Path) -> None:
        file = folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    return damage


def turn(name: str, kind: str):
    """Turn a file into something that is none."""

    def damage(folder: Path) -> None:
        file = folder / name
        file.unlink()
        if kind == "folder":
            file.mkdir()
        elif kind == "pipe":
            os.mkfifo(file)
        else:
            file.symlink_to(folder / "gone")

    return damage


METRICS = '{{"val": {{"accuracy": {0}, "f1_weighted": 0.5, "f1_macro": 0.5, "support": 3}}}}'
DAMAGES = {
    "cut": put("metrics.json", '{"val": {"accuracy": 0.'),
    "a list": put("metrics.json", "[]"),
    "a number": put("metrics.json", "3"),
    "a split that is a number": put("metrics.json", '{"val": 3}'),
    "a split that is a list": put("metrics.json", '{"val": [3]}'),
    "text for a score": put("metrics.json", METRICS.format('"0.7"')),
    "true for a score": put("metrics.json", METRICS.format("true")),
    "NaN": put("metrics.json", METRICS.format("NaN")),
    "infinity": put("metrics.json", METRICS.format("1e999")),
    "classes in a list": put("metrics.json", '{"val": {"per_class": [1]}}'),
    "not UTF-8": put("metrics.json", b'{"val": "\xff"}'),
    "deep": put("metrics.json", "[" * 100_000),
    "empty": put("metrics.json", ""),
    "status cut": put("status.json", '{"stage": "fuse", "sta'),
    "status a list": put("status.json", "[]"),
    "status of wrong types": put("status.json", '{"stage": "fuse", "started": []}'),
    "overrides of wrong types": put("status.json", '{"stage": "fuse", "overrides": [1]}'),
    **{
        f"{name} a {kind}": turn(name, kind)
        for name in ("metrics.json", "status.json")
        for kind in ("folder", "link", "pipe")
    },
}
OF_RUNS = {
    "config gone": lambda folder: (folder / ".hydra/config.yaml").unlink(),
    "config empty": put(".hydra/config.yaml", ""),
    "config a list": put(".hydra/config.yaml", "- a"),
    "config without data": put(".hydra/config.yaml", "name: x"),
    "config with data of wrong types": put(".hydra/config.yaml", "data: demo"),
    "config that unfolds": put(".hydra/config.yaml", "a: &a [x]\ndata: *a"),
    "predictions cut": lambda folder: os.truncate(folder / "predictions.parquet", 50),
    "predictions gone": lambda folder: (folder / "predictions.parquet").unlink(),
    "predictions a pipe": turn("predictions.parquet", "pipe"),
    "predictions a folder": turn("predictions.parquet", "folder"),
}
OF_SWEEPS = {
    "weights of another shape": put(
        "weights.json",
        '{"members": ["a"], "classes": [], "weights": [1, 2], "scheme": "s", "per": "member"}',
    ),
    "weights that are text": put(
        "weights.json",
        '{"members": ["a"], "classes": [], "weights": ["x"], "scheme": "s", "per": "member"}',
    ),
    "weights of nothing": put(
        "weights.json",
        '{"members": ["a"], "classes": [], "weights": [0], "scheme": "s", "per": "member"}',
    ),
    "weights without a scheme": put("weights.json", "{}"),
    "weights a pipe": turn("weights.json", "pipe"),
    "baselines a list": put("baselines.json", "[1]"),
    "baselines of wrong types": put("baselines.json", '{"a": {"val": {"accuracy": []}}}'),
}


@pytest.mark.parametrize("kind", DAMAGES | OF_RUNS)
def test_a_damaged_run_is_left_out_of_the_report(run, tmp_path: Path, caplog, kind: str):
    run(tmp_path / "runs/whole", 1)
    damaged = run(tmp_path / "runs/damaged", 2)
    (DAMAGES | OF_RUNS)[kind](damaged)
    found = collect_runs(tmp_path / "runs")
    assert [one.folder.name for one in found] == ["whole"]
    (warning,) = caplog.messages
    assert warning.startswith(f"{damaged} cannot be read and is left out: ")
    assert len(warning) < 500
    run_table(found).write(tmp_path, "report")
    assert seed_rows(group_by_seed(found))


@pytest.mark.parametrize("kind", DAMAGES | OF_SWEEPS)
def test_a_damaged_job_is_left_out_of_a_sweeps_ranking(run, tmp_path: Path, caplog, kind: str):
    for job in range(2):
        run(tmp_path / f"sweep/{job}", job)
    damaged = run(tmp_path / "sweep/2", 2)
    (DAMAGES | OF_SWEEPS)[kind](damaged)
    sweep = read_sweep(tmp_path / "sweep")
    if kind == "status.json a folder":  # there is no such file, so no job is found there
        assert len(sweep.jobs) == 3
    assert [job.path for job in sweep.ranked] == ["0", "1"]
    (broken,) = sweep.unfinished
    assert broken.status.state == "unreadable"
    (warning,) = caplog.messages
    assert warning.startswith(f"{damaged} is left out: ")
    summarise_sweep(tmp_path / "sweep")
    rows = (tmp_path / "sweep/sweep.csv").read_text().splitlines()
    assert len(rows) == 4


@pytest.mark.parametrize(
    "content",
    ["[{}]", "{}", '[{"folder": 3}]', "[", "null", '[{"folder": "\\u0000", "overrides": []}]'],
)
def test_a_damaged_list_of_jobs_is_passed_over(run, tmp_path: Path, caplog, content: str):
    run(tmp_path / "sweep/0")
    (tmp_path / "sweep/jobs.json").write_text(content)
    assert len(read_sweep(tmp_path / "sweep").ranked) == 1
    assert "jobs.json is passed over" in caplog.text


def test_metrics_that_lack_a_score_leave_a_gap(run, tmp_path: Path, caplog):
    whole, gap = run(tmp_path / "runs/whole", 1), run(tmp_path / "runs/gap", 2)
    content = {"val": {"accuracy": 0.5, "ece": None}, "leaky": False}
    (gap / "metrics.json").write_text(json.dumps(content))
    found = collect_runs(tmp_path / "runs")
    assert not caplog.messages
    assert [one.folder for one in found] == [whole, gap]
    written, *_ = run_table(found).write(tmp_path, "report")
    assert ",0.5,,," in written.read_text().splitlines()[-1]
    shutil.copytree(tmp_path / "runs", tmp_path / "sweep")
    assert "whole" in summarise_sweep(tmp_path / "sweep").ranked[0].path


def test_the_environment_is_not_printed(run, tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setenv("SECRET", "hunter2")
    bait = CONFIG.replace("name: demo", "name: '${oc.env:SECRET}'")
    bait = bait.replace("${artifacts.dir}/image.parquet", "${oc.env:SECRET}")
    folder = run(tmp_path / "runs/bait", config=bait)
    found = collect_runs(tmp_path / "runs")
    assert found[0].data == "${oc.env:SECRET}"
    for file in run_table(found).write(tmp_path, "report"):
        assert "hunter2" not in file.read_text()
    (folder / ".hydra/hydra.yaml").write_text("hydra: {runtime: {cwd: /tmp}}")
    (folder / "multirun.yaml").write_text(bait + "logger: {kind: '${oc.env:SECRET}'}\n")
    with pytest.raises(DataError, match=r"oc\.env:SECRET"):
        member_files(folder)
    assert "hunter2" not in str(capsys.readouterr())


def test_references_between_settings_are_followed(run, tmp_path: Path):
    own = CONFIG.replace("name: demo", "name: '${mine.name}'") + "mine: {name: tweets}\n"
    run(tmp_path / "runs/one", config=own)
    assert collect_runs(tmp_path / "runs")[0].data == "tweets"


def test_a_look_at_a_run_with_a_damaged_status_is_a_message(run, tmp_path: Path):
    folder = run(tmp_path / "one")
    (folder / "status.json").write_text("[]")
    with pytest.raises(DataError, match="no status of a run"):
        look_at_run(folder, None, None)


def test_a_status_with_more_in_it_is_a_later_lfxs(tmp_path: Path):
    (tmp_path / "status.json").write_text('{"stage": "train", "state": "failed", "more": [1]}')
    assert read_status(tmp_path).state == "failed"
    (tmp_path / "status.json").write_text('{"stage": "train", "pid": 1000000000000000000000}')
    assert not read_status(tmp_path).is_alive()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs to be another user")
def test_a_folder_that_may_not_be_read_is_told(run):
    """Permissions bind everybody but root, so another user looks."""
    program = (
        "import logging, os, sys; from pathlib import Path; logging.basicConfig()\n"
        "from lfx.runs.find import collect_runs\n"
        "collect_runs(Path(sys.argv[1], 'whole'))  # what is imported late\n"
        "os.setuid(65534)\n"
        "print([one.folder.name for one in collect_runs(Path(sys.argv[1]))])"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        run(Path(folder, "whole"), 1)
        hidden = run(Path(folder, "hidden"), 2)
        hidden.chmod(0o700)
        command = [sys.executable, "-c", program, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['whole']"
    assert f"{hidden} cannot be read and is left out: Permission denied" in done.stderr
