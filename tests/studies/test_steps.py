from __future__ import annotations

import os
import platform
from dataclasses import replace
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from lfx.command.roots.study import PlanConfig, StepConfig, StudyConfig
from lfx.runs.status import RunStatus
from lfx.studies.carry_out import StudyError, is_done
from lfx.studies.steps import flat_overrides, plan_steps, quoted

STEPS = {
    "texts": StepConfig("augment", ["share=0.5", "file=SEED_FOLDER/made.jsonl"]),
    "model": StepConfig("train", ["modality=text", "artifacts.dir=SEED_FOLDER/artifacts"]),
    "fusion": StepConfig("fuse", ["fusion=mean"]),
    "look": StepConfig("report", ["run=SEED_FOLDER/fusion"]),
    "cases": StepConfig("report", ["run=SEED_FOLDER/fusion", "data=demo"]),
}


def config_of(folder="out/it's", **options):
    plan = PlanConfig("mine", STEPS, ["over_seeds=true"])
    return StudyConfig(study=plan, folder=str(folder), **options)


def parsed(step):
    found = OverridesParser.create().parse_overrides([one.lstrip("+") for one in step.arguments])
    return {one.key_or_group: one.value() for one in found}


def test_steps_come_seed_by_seed_and_end_in_the_report():
    steps = plan_steps(config_of(seeds=[3, 5]))
    assert [step.title for step in steps] == [
        *(f"{name}, seed {seed}" for seed in (3, 5) for name in STEPS),
        "report",
    ]
    assert steps[0].folder == Path("out/it's/seed_3/texts")
    assert parsed(steps[-1]) == {
        "over_seeds": True,
        "runs": "out/it's",
        "hydra.run.dir": "out/it's/report",
    }


def test_settings_name_the_seeds_folder_as_hydra_resolves_it():
    texts, model, fusion, look, _, _ = plan_steps(config_of(seeds=[7]))
    assert parsed(texts)["file"] == "out/it's/seed_${seed}/made.jsonl"
    assert parsed(model)["artifacts.dir"] == "out/it's/seed_${seed}/artifacts"
    assert (parsed(model)["seed"], parsed(model)["ckpt"]) == (7, "auto")
    assert parsed(look)["run"] == "out/it's/seed_7/fusion"  # a report has no seed
    assert "ckpt" not in parsed(fusion)
    assert "seed" not in parsed(look)


def test_who_reads_the_data_is_told_where_they_are():
    data = {"root": "a b", "source": {"pairs": 200, "protocol": None}, "stratify": False}
    steps = {step.name: parsed(step) for step in plan_steps(config_of(data=data))}
    for name in ("texts", "model", "cases"):
        assert steps[name]["data.root"] == "a b"
        assert steps[name]["data.source.pairs"] == 200
        assert steps[name]["data.source.protocol"] is None
        assert steps[name]["data.stratify"] is False
    assert "data.root" not in steps["fusion"]
    assert "data.root" not in steps["look"]


def test_further_arguments_and_steps_left_out():
    further = {"train": {"trainer": {"max_epochs": 1}}, "fusion": {"device": "cpu"}}
    further["report"] = {"newest": True}
    steps = plan_steps(config_of(arguments=further, leave_out=["texts"]))
    of = {step.name: parsed(step) for step in steps}
    assert "texts" not in of
    assert of["model"]["trainer.max_epochs"] == 1
    assert of["fusion"]["device"] == "cpu"
    assert all(of[name]["newest"] is True for name in ("look", "cases", "report"))


@pytest.mark.parametrize("text", ["plain", "it's", "a=b", "a,b", "(x)", "back\\", "grüße", '"', ""])
def test_quoted_texts_are_what_hydra_reads(text):
    parsed_text = OverridesParser.create().parse_override(f"key={quoted(text)}").value()
    assert parsed_text == text


def test_lists_are_written_out():
    assert list(flat_overrides("a", {"b": ["x", 1, True]})) == ["a.b=['x',1,true]"]


@pytest.fixture
def step(tmp_path):
    return plan_steps(config_of(tmp_path))[1]


def write(step, state, *more, pid=0, without=()):
    overrides = [one for one in step.settings if one not in without]
    status = RunStatus("train", state, overrides=[*overrides, *more], pid=pid, host=platform.node())
    status.write(step.folder)


def test_a_step_that_has_completed_is_done(step):
    assert not is_done(step)
    write(step, "completed")
    assert is_done(step)
    write(step, "completed", "trainer.device=cpu", "logger=none", without=["ckpt=auto"])
    assert is_done(step)  # which changes no result
    for state in ("failed", "interrupted", "running"):
        write(step, state)
        assert not is_done(step)


def test_names_that_hydra_adds_are_recorded_with_a_plus(step):
    started = replace(step, settings=(*step.settings, "start.text='out/seed_${seed}/text'"))
    recorded = [*step.settings, "++start.text='out/seed_0/text'"]
    assert started.has_same_results(recorded)
    assert not started.has_same_results([*step.settings, "++start.text='out/seed_1/text'"])


def test_a_step_with_other_settings_is_in_the_way(step):
    write(step, "completed", "trainer.max_epochs=3")
    with pytest.raises(StudyError, match=r"made with other settings: trainer.max_epochs=3, not"):
        is_done(step)


def test_a_step_that_is_running_is_waited_for(step):
    write(step, "running", pid=os.getppid())
    with pytest.raises(StudyError, match=f"process {os.getppid()} of this machine is running"):
        is_done(step)
