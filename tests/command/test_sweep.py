"""Multiruns in this process, with tasks of a few lines over the configs of `lfx.fuse`."""

from __future__ import annotations

import gc
import io
import json
import logging
import os
import platform
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
import torch
from hydra import version
from hydra._internal.hydra import Hydra
from hydra._internal.utils import create_config_search_path
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.plugins import Plugins
from hydra.errors import HydraException

from lfx.command.earlier import SweepError
from lfx.command.entry import register
from lfx.command.job import StageJob
from lfx.command.roots.fuse import FuseConfig
from lfx.command.sweep import FailedJobsError
from lfx.reporting.sweep import read_sweep
from lfx.runs.status import RunStatus, read_status
from lfx.runtime.errors import FusionError
from lfx.runtime.locate import config_folder

QUIET = ["hydra.job_logging.root.handlers=[file]", "hydra.hydra_logging.root.handlers=[]"]


@pytest.fixture
def multirun(tmp_path, monkeypatch):
    """Run a multirun of a task into `sweep`; give what each job returned, in one list."""
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    register()
    version.setbase("1.3")

    def run(task, *overrides, inputs=lambda _: "same", stage="fuse", leaves=()):
        job = StageJob(stage, FuseConfig, task, inputs, leaves)
        search_path = create_config_search_path(f"file://{config_folder()}")
        hydra = Hydra.create_main_hydra2(task_name="sweep", config_search_path=search_path)
        own = [*QUIET, "hydra.sweep.dir=sweep", "hydra.mode=MULTIRUN"]
        try:
            batches = hydra.multirun("fuse", job, [*own, *overrides])
        finally:
            GlobalHydra.instance().clear()
        return [result for batch in batches for result in batch]

    yield run
    logging.getLogger("lfx").setLevel(logging.NOTSET)
    for handler in set(root.handlers) - set(before[0]):
        handler.close()
    root.handlers[:], root.level = before


class Task:
    """Notes the seeds it is called with; some of them are unlucky."""

    def __init__(self, mistakes=(), defects=()):
        self.seen, self.mistakes, self.defects = [], mistakes, defects

    def __call__(self, config, job):
        self.seen.append(config.seed)
        (job.folder / "made").write_text(str(config.seed))
        if config.seed in self.mistakes:
            raise FusionError(f"seed {config.seed} is unlucky\nmore of it")
        if config.seed in self.defects:
            raise ValueError(f"seed {config.seed} is a defect")
        return config.seed / 2


def state(number):
    return read_status(Path("sweep") / str(number)).state


def contents(folder):
    """Everything below a folder, with the times of last change."""
    return {file: (file.stat().st_mtime_ns, file.read_bytes()) for file in files(folder)}


def files(folder):
    return sorted(file for file in folder.rglob("*") if file.is_file())


def test_what_a_job_returns_reaches_hydra_and_nothing_else_piles_up(multirun):
    before = HydraConfig.instance().cfg
    results = multirun(Task(), "seed=1,2,3")
    assert [result.return_value for result in results] == [0.5, 1.0, 1.5]
    assert [result.overrides for result in results] == [["seed=1"], ["seed=2"], ["seed=3"]]
    assert all(result.cfg is None and result.hydra_cfg is None for result in results)
    assert HydraConfig.instance().cfg is before


def test_every_job_directory_is_complete_in_itself(multirun):
    with pytest.raises(FailedJobsError, match="1 of 3 jobs failed"):
        multirun(Task(mistakes=[2]), "seed=1,2,3")
    for number in range(3):
        folder = Path("sweep") / str(number)
        names = {str(file.relative_to(folder)) for file in files(folder)}
        hydra = {f".hydra/{name}.yaml" for name in ("config", "hydra", "overrides")}
        assert names == {*hydra, "fuse.log", "made", "status.json"}
    assert "seed 2 is unlucky" in Path("sweep/1/fuse.log").read_text()
    assert Path("sweep/0/fuse.log").read_text() == ""
    assert Path("sweep/multirun.yaml").is_file()


def test_all_jobs_run_and_all_failures_are_told(multirun):
    task = Task(mistakes=[2, 4], defects=[5])
    with pytest.raises(FailedJobsError) as caught:
        multirun(task, "seed=1,2,3,4,5,6", "++members.third=a.parquet")
    assert task.seen == [1, 2, 3, 4, 5, 6]
    assert str(caught.value).splitlines() == [
        "3 of 6 jobs failed:",
        "  job 1 (seed=2 members.third=a.parquet): seed 2 is unlucky [sweep/1]",
        "  job 3 (seed=4 members.third=a.parquet): seed 4 is unlucky [sweep/3]",
        "  job 4 (seed=5 members.third=a.parquet): ValueError: seed 5 is a defect [sweep/4]",
        "once corrected, the same command with hydra.sweep.dir=sweep runs only the rest",
    ]
    assert [state(number) for number in range(6)].count("failed") == 3
    assert read_status(Path("sweep/1")).error == "seed 2 is unlucky\nmore of it"
    assert not caught.value.are_mistakes


def test_mistakes_alone_are_the_users(multirun):
    with pytest.raises(FailedJobsError) as caught:
        multirun(Task(mistakes=[1, 2]), "seed=1,2,3", inputs=None)
    assert caught.value.are_mistakes
    assert "what is missing" not in str(caught.value)


def test_batches_go_on_after_a_failure(multirun):
    task = Task(mistakes=[1, 4])
    with pytest.raises(FailedJobsError, match="2 of 5 jobs failed") as caught:
        multirun(task, "seed=range(5)", "hydra.sweeper.max_batch_size=2")
    assert task.seen == [0, 1, 2, 3, 4]
    assert [failure.number for failure in caught.value.failures] == [1, 4]


def test_every_batch_is_composed_before_the_first_job(multirun):
    task = Task()
    with pytest.raises(HydraException, match="seed"):
        multirun(task, "seed=1,2,three", "hydra.sweeper.max_batch_size=1")
    assert task.seen == []
    assert not Path("sweep").exists()
    with pytest.raises(SweepError, match="max_batch_size: 1 or more, or null, not 0"):
        multirun(task, "seed=1,2", "hydra.sweeper.max_batch_size=0")


def test_a_failed_job_leaves_nothing_in_memory(multirun):
    alive = []

    class Large:
        pass

    def task(_config, _job):
        gc.disable()  # nothing may wait for the collector between jobs
        large = Large()
        alive.append(weakref.ref(large))
        try:
            Path("nothing").read_text()
        except OSError as error:
            raise FusionError("outer") from error

    with pytest.raises(FailedJobsError):
        multirun(task, "seed=1,2")
    gc.enable()
    assert [ref() for ref in alive] == [None, None]


def test_the_same_sweep_again_computes_what_is_missing(multirun):
    with pytest.raises(FailedJobsError):
        multirun(Task(mistakes=[2]), "seed=1,2,3")
    before = {number: contents(Path("sweep") / str(number)) for number in (0, 2)}
    again = Task()
    results = multirun(again, "seed=1,2,3")
    assert again.seen == [2]
    assert [result.return_value for result in results] == [0.5, 1.0, 1.5]
    assert {number: contents(Path("sweep") / str(number)) for number in (0, 2)} == before
    assert [state(number) for number in range(3)] == ["completed"] * 3
    nothing = Task()
    assert len(multirun(nothing, "seed=1,2,3")) == 3
    assert nothing.seen == []


def test_a_sweep_can_be_made_longer(multirun):
    multirun(Task(), "seed=1,2")
    longer = Task()
    multirun(longer, "seed=1,2,3,4", "hydra.sweeper.max_batch_size=3")
    assert longer.seen == [3, 4]


@pytest.mark.parametrize("others", [["hydra/launcher=basic"], ["hydra/sweeper=basic"]], ids=str)
def test_other_plugins_keep_completed_jobs_too(multirun, others):
    multirun(Task(), "seed=1,2,3", *others)
    Path("sweep/1/status.json").unlink()
    made = contents(Path("sweep/0"))[Path("sweep/0/made")], contents(Path("sweep/0"))
    again = Task()
    results = multirun(again, "seed=1,2,3", *others)
    assert again.seen == [2]
    assert [result.return_value for result in results] == [0.5, 1.0, 1.5]
    assert contents(Path("sweep/0"))[Path("sweep/0/made")] == made[0]
    assert (
        contents(Path("sweep/0"))[Path("sweep/0/status.json")]
        == made[1][Path("sweep/0/status.json")]
    )


def test_other_inputs_are_computed_anew(multirun):
    multirun(Task(), "seed=1,2")
    again = Task()
    multirun(again, "seed=1,2", inputs=lambda config: f"new for {config.seed == 2}")
    assert again.seen == [1, 2]
    third = Task()
    multirun(third, "seed=1,2", inputs=lambda config: f"new for {config.seed in {1, 2}}")
    assert third.seen == [1]


def test_other_settings_are_computed_anew(multirun):
    own = Path("own/fusion")
    own.mkdir(parents=True)
    (own / "own.yaml").write_text("_target_: lfx.fusion.schemes.mean.Mean\n")
    asked = ["fusion=own", "seed=1", f"hydra.searchpath=['file://{own.parent.absolute()}']"]
    multirun(Task(), *asked)
    (own / "own.yaml").write_text("_target_: lfx.fusion.schemes.maximum.Max\n")
    again = Task()
    multirun(again, *asked)
    multirun(again, *asked)
    assert again.seen == [1]


@pytest.mark.parametrize("interruption", [SystemExit(143), KeyboardInterrupt()], ids=repr)
def test_an_interruption_while_a_checkpoint_is_written_is_one(multirun, interruption):
    class Cut(io.BytesIO):
        def write(self, data):
            if self.tell() > 1000:  # as where a signal arrives
                raise interruption
            return super().write(data)

    def save(_config, _job):
        torch.save({"weights": torch.zeros(5000)}, Cut())

    with pytest.raises(RuntimeError, match="unexpected pos"):  # what torch makes of it
        save(None, None)
    with pytest.raises(type(interruption)) as caught:
        multirun(save, "seed=1,2")
    assert caught.value is interruption
    assert read_status(Path("sweep/0")).state == "interrupted"
    assert read_status(Path("sweep/1")) is None


def test_without_inputs_nothing_is_kept(multirun):
    for _ in range(2):
        task = Task()
        multirun(task, "seed=1,2", inputs=None)
        assert task.seen == [1, 2]
    assert read_status(Path("sweep/0")).settings == ""
    assert read_status(Path("sweep/0")).objective == 0.5


def test_inputs_that_cannot_be_read_are_the_tasks_to_tell(multirun):
    def missing(_config):
        raise FileNotFoundError("no such member")

    task = Task(mistakes=[2])
    with pytest.raises(FailedJobsError, match="seed 2 is unlucky"):
        multirun(task, "seed=1,2", inputs=missing)
    again = Task()
    multirun(again, "seed=1,2", inputs=missing)
    assert again.seen == [1, 2]


def test_no_number_is_no_objective_and_the_job_is_not_kept(multirun):
    multirun(lambda _config, _job: float("nan"), "seed=1")
    status = read_status(Path("sweep/0"))
    assert (status.state, status.objective, status.settings) == ("completed", None, "")


def test_a_task_without_a_number_is_kept(multirun):
    multirun(lambda _config, _job: None, "seed=1")
    task = Task()
    (result,) = multirun(task, "seed=1")
    assert (task.seen, result.return_value) == ([], None)


@pytest.mark.parametrize("others", [[], ["hydra/launcher=basic"]], ids=str)
def test_another_sweeps_directory_is_refused_and_left_alone(multirun, others):
    multirun(Task(), "seed=1,2")
    before = contents(Path("sweep"))
    task = Task()
    with pytest.raises(SweepError) as caught:
        multirun(task, "seed=1,3", *others)
    assert str(caught.value) == (
        "sweep/1 holds another multirun's job: lfx.fuse seed=2, not lfx.fuse seed=3; repeat that "
        "multirun, or give this one another directory: hydra.sweep.dir=DIR"
    )
    assert task.seen == []
    assert contents(Path("sweep")) == before
    with pytest.raises(SweepError, match=r"lfx\.fuse seed=1, not lfx\.train seed=1"):
        multirun(task, "seed=1", stage="train")


def test_the_order_of_overrides_makes_no_other_sweep(multirun):
    multirun(Task(), "seed=1", "name=x")
    task = Task()
    multirun(task, "name=x", "seed=1")
    assert task.seen == []


def test_failed_jobs_may_be_replaced_by_others(multirun):
    with pytest.raises(FailedJobsError):
        multirun(Task(mistakes=[3]), "seed=1,3")
    task = Task()
    multirun(task, "seed=1,4")
    assert task.seen == [4]


def test_a_job_that_is_running_is_refused(multirun):
    multirun(Task(), "seed=1,2")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        RunStatus("fuse", overrides=["seed=2"], pid=process.pid, host=platform.node()).write(
            Path("sweep/1")
        )
        task = Task()
        with pytest.raises(SweepError, match=f"process {process.pid} .* running a job in sweep/1"):
            multirun(task, "seed=1,2")
        process.communicate(b"\n")
    multirun(task, "seed=1,2")  # that one is gone
    assert task.seen == [2]


def test_what_this_very_process_left_running_is_done_anew(multirun):
    RunStatus("fuse", overrides=["seed=1"], pid=os.getpid(), host=platform.node()).write(
        Path("sweep/0")
    )
    task = Task()
    multirun(task, "seed=1")
    assert task.seen == [1]


def test_a_directory_may_be_named_by_what_hydra_knows(multirun):
    name = "hydra.sweep.subdir='${hydra:job.name}/${hydra.job.override_dirname}'"
    with pytest.raises(FailedJobsError, match=r"\[sweep/fuse/seed=2\]"):
        multirun(Task(mistakes=[2]), "seed=1,2", name)
    again = Task()
    multirun(again, "seed=2,1", name)  # the directories say which job is which
    assert again.seen == [2]


def test_a_job_that_cannot_start_does_not_stop_the_others(multirun):
    Path("sweep").mkdir()
    Path("sweep/1").write_text("a file is in the way")
    task = Task()
    with pytest.raises(FailedJobsError, match=r"job 1 \(seed=2\): FileExistsError") as caught:
        multirun(task, "seed=1,2,3")
    assert task.seen == [1, 3]
    assert not caught.value.are_mistakes


def test_a_launcher_that_breaks_down_takes_its_batch_along(multirun, monkeypatch):
    launcher = Plugins.instance().class_name_to_class["hydra_plugins.lfx_sweep.LfxLauncher"]
    original = launcher.launch

    def broken(self, job_overrides, initial_job_idx):
        done = original(self, job_overrides, initial_job_idx)
        if initial_job_idx == 2:
            Path("sweep/3/status.json").unlink()
            raise RuntimeError("the queue is gone")
        return done

    monkeypatch.setattr(launcher, "launch", broken)
    with pytest.raises(FailedJobsError) as caught:
        multirun(Task(mistakes=[4]), "seed=range(7)", "hydra.sweeper.max_batch_size=2")
    assert str(caught.value).splitlines() == [
        "2 of 7 jobs failed:",
        "  job 3 (seed=3): RuntimeError: the queue is gone [sweep/3]",
        "  job 4 (seed=4): seed 4 is unlucky [sweep/4]",
        "once corrected, the same command with hydra.sweep.dir=sweep runs only the rest",
    ]
    assert not caught.value.are_mistakes


def test_settings_are_read_like_a_jobs_own(multirun):
    asked = ["seed=1,2", "name='${hydra:job.num}'"]
    multirun(Task(), *asked)
    names = [json.loads(Path(f"sweep/{n}/status.json").read_text())["settings"] for n in (0, 1)]
    assert len(set(names)) == 2
    task = Task()
    multirun(task, *asked)
    assert task.seen == []


@pytest.mark.parametrize("subdir", ["${fusion.name}/${seed}", "all/in/${hydra.job.num}"])
def test_directories_may_be_nested(multirun, subdir):
    task = Task(mistakes={2})
    swept = ["fusion=mean,max", "seed=1,2", f"hydra.sweep.subdir='{subdir}'"]
    with pytest.raises(FailedJobsError, match="2 of 4 jobs failed"):
        multirun(task, *swept)
    jobs = read_sweep(Path("sweep")).jobs
    states = [job.status.state for job in jobs]
    assert states == ["completed", "failed", "completed", "failed"]
    assert {job.path.count("/") for job in jobs} == {subdir.count("/")}
    with pytest.raises(FailedJobsError, match="2 of 4 jobs failed"):
        multirun(task, *swept)
    assert task.seen == [1, 2, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["hydra.sweep.subdir=x"], "jobs 0 and 1 have the same directory sweep/x"),
        (
            ["hydra.sweep.dir='sweep/${seed}'"],
            r"hydra.sweep.dir must be the same .*sweep/0 for the multirun and sweep/1 for job 0",
        ),
    ],
)
def test_jobs_have_directories_of_their_own_in_that_of_the_multirun(multirun, overrides, message):
    task = Task()
    with pytest.raises(SweepError, match=message):
        multirun(task, "seed=1,2", *overrides)
    assert task.seen == []
    assert not Path("sweep").exists()


def test_a_multirun_without_jobs(multirun):
    with pytest.raises(SweepError, match="the multirun has no jobs"):
        multirun(Task(), "fusion=glob(zzz*)")


def test_a_job_that_cannot_begin_has_its_row(multirun):
    Path("sweep").mkdir()
    Path("sweep/1").touch()
    task = Task()
    with pytest.raises(FailedJobsError, match=r"1 of 3 jobs failed:\n  job 1 \(seed=2\): File"):
        multirun(task, "seed=1,2,3")
    jobs = read_sweep(Path("sweep")).jobs
    assert [job.status.state for job in jobs] == ["completed", "not started", "completed"]
    with pytest.raises(FailedJobsError, match="NOWHERE"):
        multirun(task, "seed=1", "+hydra.job.env_set.A='${oc.env:NOWHERE}'", "hydra.sweep.dir=new")
    (job,) = read_sweep(Path("new")).jobs
    assert job.status.state == "failed"
    assert "NOWHERE" in job.status.error


def test_a_smaller_multirun_tells_of_its_own_jobs_alone(multirun):
    task = Task()
    multirun(task, "seed=1,2,3")
    multirun(task, "seed=1,2")
    assert task.seen == [1, 2, 3]
    assert [job.path for job in read_sweep(Path("sweep")).jobs] == ["0", "1"]


def test_jobs_whose_files_are_gone_are_computed_again(multirun):
    task = Task()
    multirun(task, "seed=1,2", leaves=("made",))
    Path("sweep/1/made").unlink()
    multirun(task, "seed=1,2", leaves=("made",))
    assert task.seen == [1, 2, 2]


def test_jobs_whose_code_has_changed_are_computed_again(multirun, monkeypatch):
    code = Path("changing_schemes.py").absolute()
    code.write_text("first")
    monkeypatch.syspath_prepend(code.parent)
    task = Task()
    own = ["seed=1", "fusion._target_=changing_schemes.Own"]
    multirun(task, *own)
    multirun(task, *own)
    assert task.seen == [1]
    code.write_text("second")
    multirun(task, *own)
    assert task.seen == [1, 1]
    monkeypatch.setattr("lfx.__version__", "another")
    multirun(task, *own)
    assert task.seen == [1, 1, 1]


def test_a_launcher_that_breaks_down_does_not_fail_what_is_kept(multirun, monkeypatch):
    task = Task(mistakes={1})
    with pytest.raises(FailedJobsError):
        multirun(task, "seed=1,2")

    def break_down(*_, **__):
        raise RuntimeError("the cluster is gone")

    monkeypatch.setattr("lfx.command.launcher.launch", break_down)
    with pytest.raises(FailedJobsError, match=r"1 of 2 jobs failed:\n  job 0 .*cluster is gone"):
        multirun(task, "seed=1,2")


@pytest.mark.parametrize(("group", "option"), [("launcher", "joblib"), ("sweeper", "basic")])
def test_a_swept_experiment_cannot_choose_how_jobs_are_run(multirun, group, option):
    """Hydra chooses before it looks at what differs: the jobs would run on the login node."""
    folder = Path("own/experiment")
    folder.mkdir(parents=True)
    for name, lines in (("one", ""), ("two", f"- override /hydra/{group}: {option}")):
        (folder / f"{name}.yaml").write_text(
            f"# @package _global_\ndefaults: \n  {lines or '[]'}\n"
        )
    searched = f"hydra.searchpath=['file://{folder.parent.absolute()}']"
    task = Task()
    with pytest.raises(SweepError) as caught:
        multirun(task, searched, "experiment=one,two")
    assert str(caught.value) == (
        f"hydra/{group} must be the same for all jobs: it is lfx for the multirun, but job 1 "
        f"(experiment=two) chooses {option}; choose for all of them on the command line: "
        f"hydra/{group}={option}"
    )
    assert task.seen == []
