from __future__ import annotations

import csv
from dataclasses import replace
from importlib.util import find_spec

import pytest
import wandb

from lfx.runtime.errors import ConfigError
from lfx.training import loggers
from lfx.training.logged import flat_scores, log_picture, log_result, log_table
from lfx.training.loggers import (
    CsvLogging,
    LoggedRun,
    NoLogging,
    TensorBoardLogging,
    WandbLogging,
)
from lfx.training.run_title import run_title
from lfx.training.wandb_runs import read_run_id


@pytest.fixture
def run(tmp_path):
    return LoggedRun("train", "mine", tmp_path, "mine tiny seed 1", tmp_path / "day/sweep")


def test_scores_are_named_by_their_path():
    metrics = {"val": {"nll": 1, "per_class": {"good": {"recall": 0.5}}}, "leaky": True}
    assert flat_scores(metrics) == {"val/nll": 1, "val/per_class/good/recall": 0.5, "leaky": 1}


def test_the_final_scores_are_in_the_csv_file(run, tmp_path):
    log_result(CsvLogging().build(run), {"seed": 1}, {"val": {"nll": 0.5}})
    with (tmp_path / "csv/metrics.csv").open(encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert float(row["val/nll"]) == 0.5


def test_metrics_may_go_nowhere(run):
    logger = NoLogging().build(run)
    assert logger is None
    log_result(logger, {}, {"val": {"nll": 0.5}})
    log_picture(logger, "picture", run.folder / "none.png")
    log_table(logger, "table", ["a"], [[1]])
    assert list(run.folder.iterdir()) == []


def test_tensorboard_says_how_to_install_it(run, monkeypatch):
    monkeypatch.setattr(loggers, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="logger=tensorboard needs the package tensorboard: pip"):
        TensorBoardLogging().build(run)


@pytest.mark.skipif(find_spec("tensorboard") is None, reason="tensorboard is not installed")
def test_tensorboard_writes_into_the_runs_folder(run, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    metrics = {"val": {"nll": 0.5, "per_class": {"good": {"f1": 0.25}}}}
    log_result(TensorBoardLogging().build(run), {"seed": 1, "head": {"name": "mlp"}}, metrics)
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert events.Scalars("val/nll")[0].value == 0.5
    assert events.Scalars("val/per_class/good/f1")[0].value == 0.25
    plugin = events.PluginTagToContent("hparams")
    assert b"head/name" in plugin["_hparams_/session_start_info"]
    compared = plugin["_hparams_/experiment"]
    assert b"val/nll" in compared
    assert b"per_class" not in compared  # which would be a column a class
    assert b"hp_metric" not in compared


def test_wandb_without_a_key_is_offline_and_says_how_to_upload(run, monkeypatch, caplog):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setattr(loggers, "has_api_key", lambda: False)
    caplog.set_level("INFO")
    logger = WandbLogging(tags=["a"]).build(run)
    given = logger._wandb_init
    assert given["mode"] == "offline"
    assert given["group"] == "day/sweep"
    assert (given["job_type"], given["name"], given["tags"]) == ("train", "mine tiny seed 1", ["a"])
    assert f"wandb sync {run.folder}/wandb/offline-*" in caplog.text
    assert wandb.run is None  # nothing has begun


def test_wandb_takes_what_the_environment_says(run, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert WandbLogging().build(run)._wandb_init["project"] == "lfx"
    for name, value in (("PROJECT", "p"), ("RUN_GROUP", "g"), ("NAME", "n"), ("JOB_TYPE", "j")):
        monkeypatch.setenv(f"WANDB_{name}", value)
    given = WandbLogging().build(run)._wandb_init
    assert [given[key] for key in ("project", "group", "name", "job_type")] == list("pgnj")
    assert given["entity"] is None  # wandb reads WANDB_ENTITY itself
    settled = WandbLogging(project="mine", group="ours").build(run)._wandb_init
    assert (settled["project"], settled["group"]) == ("mine", "ours")


def test_a_run_that_is_carried_on_keeps_its_id(run, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    first = WandbLogging().build(run)._wandb_init
    assert first["resume"] == "allow"
    assert WandbLogging().build(replace(run, resumed=True))._wandb_init["id"] == first["id"]
    assert WandbLogging().build(run)._wandb_init["id"] != first["id"]
    monkeypatch.setenv("WANDB_RUN_ID", "of-an-agent")
    assert WandbLogging().build(run)._wandb_init["id"] != "of-an-agent"  # a multirun's job
    alone = WandbLogging().build(replace(run, sweep=None))._wandb_init
    assert alone["id"] == read_run_id(run.folder) == "of-an-agent"


def test_titles_are_short(tmp_path):
    overrides = ["modality=text", "++fusion.weights.text=0.5", "data.root=/a/b", "trainer.lr=0.1"]
    assert run_title("text", ["minilm", "seed 0"], overrides, None) == "text minilm seed 0"
    assert run_title("mean", [], overrides, tmp_path) == "mean text=0.5 lr=0.1"


def test_wandb_is_online_with_a_key_or_as_the_environment_says(run, monkeypatch):
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.setattr(loggers, "has_api_key", lambda: True)
    assert WandbLogging().build(run)._wandb_init["mode"] == "online"
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert WandbLogging(group="mine").build(run)._wandb_init["mode"] == "disabled"
    with pytest.raises(ConfigError, match="mode: allowed are auto, online, offline; got 'on'"):
        WandbLogging(mode="on")
