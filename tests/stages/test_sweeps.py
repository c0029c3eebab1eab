"""Multiruns as users start them: failures, repetition, kills, other launchers."""

from __future__ import annotations

import importlib.util
import json
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from running import environment, fail, run_stage, succeed

from lfx.artifacts.metadata import Metadata
from lfx.artifacts.parquet import write_predictions
from lfx.artifacts.predictions import Predictions

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
RAY = importlib.util.find_spec("hydra_plugins.hydra_ray_launcher") is not None

# A stage that does next to nothing over the configs of `lfx.fuse`: these tests are about the jobs.
STAGE = """
import os, time
from pathlib import Path
from lfx.command.roots.fuse import FuseConfig
from lfx.command.entry import run_stage
from lfx.runtime.errors import FusionError

def task(config, job):
    with (job.folder / "ran").open("a") as stream:
        stream.write("once\\n")
    if config.name == "slow":
        time.sleep(0.02)
    if config.name == "waits":
        time.sleep(60)
    if config.seed == 3:
        raise FusionError("seed 3 is unlucky\\nand there is more to say")
    if config.seed == 4:
        raise ValueError("seed 4 is a defect")
    if config.name == "heavy":
        held = bytearray(4_000_000)
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        (job.folder / "memory").write_text(str(pages * os.sysconf("SC_PAGE_SIZE")))
        if config.seed % 2:
            raise FusionError("odd")
    return config.seed / 2

def inputs(config):
    return Path("input").read_text()

def collect(sweep):
    print("collected", sweep)

if __name__ == "__main__":
    run_stage("fuse", FuseConfig, task, ("members",), collect, inputs)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "stage.py").write_text(STAGE)
    (tmp_path / "input").write_text("one")
    return tmp_path


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "stage.py", "-m", "hydra.sweep.dir=sweep", *arguments]
    # Where the tests run in the background, Ctrl-C is ignored, and children inherit that.
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, handler)
    return process


def sweep(folder: Path, *arguments: str, status: int = 0) -> tuple[str, str]:
    process = start(folder, *arguments)
    stdout, stderr = process.communicate(timeout=300)
    assert process.returncode == status, stdout + stderr
    assert "Traceback" not in stderr
    return stdout, stderr


def wait_for(folder: Path, jobs: int) -> None:
    """Wait until so many jobs have completed."""
    end = time.monotonic() + 60
    while len(completed(folder)) < jobs and time.monotonic() < end:
        time.sleep(0.02)


def statuses(folder: Path) -> dict[int, dict[str, object]]:
    files = (folder / "sweep").glob("*/status.json")
    return {int(file.parent.name): json.loads(file.read_text()) for file in files}


def completed(folder: Path) -> dict[int, dict[str, object]]:
    return {job: status for job, status in statuses(folder).items() if status["ended"]}


def runs(folder: Path) -> list[int]:
    """How often each job has been computed."""
    jobs = sorted((folder / "sweep").glob("*/ran"), key=lambda file: int(file.parent.name))
    return [file.read_text().count("once") for file in jobs]


PLUGINS = {
    "lfx": ("hydra_plugins.lfx_sweep.LfxSweeper", "hydra_plugins.lfx_sweep.LfxLauncher"),
    "basic": (
        "hydra._internal.core_plugins.basic_sweeper.BasicSweeper",
        "hydra._internal.core_plugins.basic_launcher.BasicLauncher",
    ),
}


def written_with(plugins: str, folder: Path, *arguments: str) -> dict[str, str]:
    """Run a sweep; give its YAML files, without the names of folder, sweeper and launcher."""
    folder.mkdir()
    (folder / "stage.py").write_text(STAGE)
    (folder / "input").write_text("one")
    sweep(folder, *arguments, f"hydra/sweeper={plugins}", f"hydra/launcher={plugins}")
    names = [str(folder), *PLUGINS[plugins]]
    names += [f"hydra/{part}{sign}{plugins}" for part in ("sweeper", "launcher") for sign in "=:"]
    names += [f"hydra/{part}: {plugins}" for part in ("sweeper", "launcher")]
    written = {}
    for file in sorted((folder / "sweep").rglob("*.yaml")):
        text = file.read_text()
        for place, name in enumerate(names):
            text = text.replace(name, f"NAME {place}")
        written[str(file.relative_to(folder))] = text
    return written


def test_files_are_those_that_hydra_writes(tmp_path: Path) -> None:
    arguments = [
        "fusion=mean,detection_rate",
        "data=demo,mvsa_single",
        "~members.image",
        "members.third=a.parquet,'b=1.parquet'",
        "seed=1,2",
        "name='${fusion.name}-${seed}'",
        "++allow_leaky_fit=true",
        "+hydra.job.env_set.LFX_TEST=1",
        "hydra.job.config.override_dirname.exclude_keys=[seed]",
    ]
    ours = written_with("lfx", tmp_path / "ours", *arguments)
    theirs = written_with("basic", tmp_path / "theirs", *arguments)
    assert len(ours) == 16 * 3 + 1
    assert ours == theirs
    assert "override_dirname: ++allow_leaky_fit" in ours["sweep/7/.hydra/hydra.yaml"]


def test_mistakes_in_a_sweep_are_told_before_any_job(folder: Path) -> None:
    _, stderr = sweep(folder, "seed=1,two", "epochs=3", "fusion=mean,guess", status=2)
    problems = [line.split(":")[0] for line in stderr.removeprefix("error: ").splitlines()]
    assert problems == ["fusion=guess", "seed=two", "epochs=3"]
    assert not (folder / "sweep").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["fusion=glob(*)", "seed=1,two"], "seed=two: "),
        (["fusion=glob(m*)", "calibration=none,temperatur"], "calibration=temperatur: there is no"),
        (["seed=range(0,3,0)"], "seed=range(0,3,0): range() arg 3 must not be zero"),
        (["hydra.job.env_copy=[NOPE]"], "NOPE"),
        (["fusion=glob(zzz*)"], "the multirun has no jobs"),
        (["fusion=grid,mean", "fusion.points=10"], "fusion.points"),
    ],
)
def test_mistakes_are_told_whatever_they_stand_beside(
    folder: Path, arguments: list[str], told: str
) -> None:
    stdout, stderr = sweep(folder, *arguments, status=2)
    assert told in stderr
    assert len(stderr.splitlines()) <= 2
    assert "collected" not in stdout


def test_a_sweep_of_hydras_own_parameters_on_the_command_line(folder: Path) -> None:
    sweep(folder, "+hydra.sweeper.params.fusion='mean,max'")
    assert (folder / "sweep/0/ran").is_file()
    assert (folder / "sweep/1/ran").is_file()


def test_data_sets_are_swept_into_one_directory(folder: Path) -> None:
    command = [sys.executable, "stage.py", "-m", "data=demo,mvsa_single"]
    subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True)
    (directory,) = (folder / "outputs/multirun/fuse").iterdir()
    assert (directory / "0/ran").is_file()
    assert (directory / "1/ran").is_file()


@pytest.mark.parametrize("batch", ["null", "2"])
def test_a_failing_job_leaves_the_others_intact(folder: Path, batch: str) -> None:
    most = f"hydra.sweeper.max_batch_size={batch}"
    stdout, stderr = sweep(folder, "seed=1,3,2", most, status=2)
    assert stderr.splitlines() == [
        "error: 1 of 3 jobs failed:",
        "  job 1 (seed=3): seed 3 is unlucky [sweep/1]",
        "once corrected, the same command with hydra.sweep.dir=sweep runs only the rest",
    ]
    assert stdout.endswith("collected sweep\n")
    assert [status["state"] for _, status in sorted(statuses(folder).items())] == [
        "completed",
        "failed",
        "completed",
    ]
    assert "there is more to say" in (folder / "sweep/1/fuse.log").read_text()
    assert "there is more to say" in str(statuses(folder)[1]["error"])
    _, stderr = sweep(folder, "seed=1,4,2,3", most, status=1)
    assert stderr.splitlines()[1:-1] == [
        "  job 1 (seed=4): ValueError: seed 4 is a defect [sweep/1]",
        "  job 3 (seed=3): seed 3 is unlucky [sweep/3]",
    ]
    assert "Traceback" in (folder / "sweep/1/fuse.log").read_text()
    assert runs(folder) == [1, 2, 1, 1]


def test_a_sweep_of_300_jobs_that_was_killed_ends_complete(folder: Path) -> None:
    arguments = ["seed=range(10,310)", "name=slow"]
    process = start(folder, *arguments)
    wait_for(folder, 100)
    process.kill()
    process.communicate()
    before = completed(folder)
    assert 100 <= len(before) < 300
    stdout, _ = sweep(folder, *arguments)
    after = statuses(folder)
    assert f"{len(before)} of 300 jobs have completed earlier" in stdout
    assert stdout.count("have completed earlier") == 1
    assert len(after) == 300
    assert all(status["state"] == "completed" for status in after.values())
    assert {job: after[job] for job in before} == before
    # The one that was killed has begun twice.
    assert sum(runs(folder)) <= 301
    assert runs(folder)[: len(before)] == [1] * len(before)
    stdout, _ = sweep(folder, *arguments)
    assert "300 of 300 jobs have completed earlier" in stdout
    assert statuses(folder) == after
    (folder / "input").write_text("two")
    sweep(folder, "seed=range(10,12)", "name=slow")
    assert runs(folder)[:3] == [2, 2, 1]


def test_an_interrupted_sweep_stops_and_is_carried_on(folder: Path) -> None:
    process = start(folder, "seed=range(10,100)", "name=slow")
    wait_for(folder, 5)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stdout + stderr
    assert "collected" not in stdout
    done = len(completed(folder)) - 1
    stdout, _ = sweep(folder, "seed=range(10,100)", "name=slow")
    assert "of 90 jobs have completed earlier" in stdout
    assert runs(folder)[: done - 1] == [1] * (done - 1)
    assert len(runs(folder)) == 90


def test_other_sweeps_are_refused(folder: Path) -> None:
    sweep(folder, "seed=1,2", "members.third=a.parquet")
    _, stderr = sweep(folder, "seed=1,5", "members.third=a.parquet", status=2)
    assert stderr.startswith(
        "error: sweep/1 holds another multirun's job: lfx.fuse seed=2 members.third=a.parquet, not "
        "lfx.fuse seed=5 members.third=a.parquet; "
    )
    assert "hydra.sweep.dir=DIR" in stderr
    assert runs(folder) == [1, 1]


def test_a_sweep_that_is_running_is_left_alone(folder: Path) -> None:
    process = start(folder, "name=waits")
    end = time.monotonic() + 60
    while not (folder / "sweep/0/ran").exists() and time.monotonic() < end:
        time.sleep(0.02)
    _, stderr = sweep(folder, "name=waits", status=2)
    assert f"process {process.pid} of this machine is running a job in sweep/0" in stderr
    process.kill()
    process.communicate()


def test_memory_stays_flat_over_many_jobs_even_if_they_fail(folder: Path) -> None:
    sweep(folder, "seed=range(10,210)", "name=heavy", status=2)
    used = [int((folder / f"sweep/{job}/memory").read_text()) for job in range(200)]
    assert max(used[20:]) - used[20] < 6_000_000


@pytest.mark.parametrize("launcher", ["joblib", "submitit_local", "ray"])
def test_launchers_that_run_jobs_elsewhere(folder: Path, launcher: str) -> None:
    if launcher == "ray" and not RAY:
        pytest.skip("Ray is not installed")
    elsewhere = [f"hydra/launcher={launcher}", "hydra.sweeper.max_batch_size=3"]
    seeds = "seed=5,1,3,2,4"
    stdout, stderr = sweep(folder, seeds, "members.third=a.parquet", *elsewhere, status=1)
    told = stderr[stderr.index("error: 2 of 5 jobs failed:") :].splitlines()[1:3]
    assert told == [
        "  job 2 (seed=3 members.third=a.parquet): seed 3 is unlucky [sweep/2]",
        "  job 4 (seed=4 members.third=a.parquet): ValueError: seed 4 is a defect [sweep/4]",
    ]
    assert stdout.rstrip().endswith("collected sweep")
    assert len(statuses(folder)) == 5
    assert [statuses(folder)[job]["objective"] for job in (0, 1, 3)] == [2.5, 0.5, 1.0]
    for job in range(5):
        names = {file.name for file in (folder / f"sweep/{job}/.hydra").iterdir()}
        assert names == {"config.yaml", "hydra.yaml", "overrides.yaml"}
    assert "there is more to say" in (folder / "sweep/2/fuse.log").read_text()
    stdout, _ = sweep(folder, seeds, "members.third=a.parquet", *elsewhere, status=1)
    assert "3 of 5 jobs have completed earlier" in stdout
    assert runs(folder) == [1, 1, 2, 1, 2]


@pytest.mark.parametrize("launcher", ["basic", "joblib"])
def test_hydras_own_sweeper_works_as_ever(folder: Path, launcher: str) -> None:
    basic = ["hydra/sweeper=basic", f"hydra/launcher={launcher}"]
    stdout, _ = sweep(folder, "seed=1,2", *basic)
    assert stdout.rstrip().endswith("collected sweep")
    process = start(folder, "seed=1,2,3", *basic)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "error: seed 3 is unlucky" in stderr
    assert stdout.rstrip().endswith("collected sweep")
    assert runs(folder) == [1, 1, 1]


def test_wheel_and_source_archive_carry_the_plugin(folder: Path) -> None:
    build = [sys.executable, "-m", "build", "--no-isolation", "-o", str(folder / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)  # the wheel from the archive
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        assert "hydra_plugins/lfx_sweep.py" in archive.namelist()
        assert "hydra_plugins/__init__.py" not in archive.namelist()  # other plugins lie there too
        archive.extractall(folder / "installed")
    show = [sys.executable, "-m", "lfx.fuse", "--info", "plugins"]
    done = subprocess.run(
        show,
        cwd=folder,
        env=environment() | {"PYTHONPATH": str(folder / "installed")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("LfxSweeper") == done.stdout.count("LfxLauncher") == 1


def test_a_launcher_that_is_not_installed_is_named(folder: Path) -> None:
    if RAY:
        pytest.skip("Ray is installed")
    stdout, stderr = sweep(folder, "seed=1,2", "hydra/launcher=ray", status=2)
    assert 'pip install "late-fusion-experiments[ray]"' in stderr
    assert "collected" not in stdout
    assert not (folder / "sweep").exists()


@pytest.fixture
def members(tmp_path: Path) -> list[str]:
    """Give two small artifacts, as arguments of `lfx.fuse`."""
    classes = ("negative", "neutral", "positive")
    rows = {
        "sample_id": [f"s{number:02}" for number in range(40)],
        "split": ["val" if number < 20 else "test" for number in range(40)],
        "fold": [None] * 40,
        "label": [number % 3 for number in range(40)],
    }
    arguments = []
    for seed, name in enumerate(("image", "text")):
        origin = Metadata(
            classes=classes,
            modality=name,
            name=name,
            data_fingerprint="data-1",
            split_fingerprint="split-1",
            seed=seed,
            config_hash="abc",
            created="2024-05-06T07:08:09+00:00",
            versions={},
        )
        logits = np.random.default_rng(seed).normal(scale=2, size=(40, 3))
        predictions = Predictions.from_columns(rows, logits, origin)
        write_predictions(tmp_path / f"{name}.parquet", predictions)
        arguments.append(f"members.{name}={name}.parquet")
    return arguments


def test_weights_are_swept_and_one_that_is_none_fails_alone(
    tmp_path: Path, members: list[str]
) -> None:
    weights = "fusion.weights.text=0,0.1,1.5,0.3"
    arguments = ["-m", *members, "fusion=weighted", weights, "hydra.sweep.dir=sweep"]
    message = fail(tmp_path, "fuse", *arguments)
    (line,) = [line for line in message.splitlines() if line.startswith("  job ")]
    assert line.startswith("  job 2 (")
    assert "1.5" in line
    for job, text in ((0, 0.0), (1, 0.1), (3, 0.3)):
        document = json.loads((tmp_path / f"sweep/{job}/weights.json").read_text())
        assert document["weights"] == pytest.approx([1 - text, text])
        for name in ("predictions.parquet", "metrics.json", "fuse.log", ".hydra/config.yaml"):
            assert (tmp_path / f"sweep/{job}" / name).is_file()
    assert "1.5" in (tmp_path / "sweep/2/fuse.log").read_text()
    before = completed(tmp_path)
    assert "3 of 4 jobs have completed earlier" in run_stage(tmp_path, "fuse", *arguments).stdout
    after = completed(tmp_path)
    assert [job for job in range(4) if after[job] != before[job]] == [2]
    # Other predictions of a member are another input.
    (tmp_path / "text.parquet").write_bytes((tmp_path / "image.parquet").read_bytes())
    assert "there already" not in run_stage(tmp_path, "fuse", *arguments).stdout


def test_a_launcher_in_processes_of_its_own_runs_a_real_stage(
    tmp_path: Path, members: list[str]
) -> None:
    pytest.importorskip("joblib")
    arguments = ["-m", *members, "fusion=mean,weighted", "hydra/launcher=joblib"]
    succeed(tmp_path, "fuse", *arguments, "hydra.sweep.dir=sweep", fresh=True)  # joblib starts more
    for job in range(2):
        assert (tmp_path / f"sweep/{job}/metrics.json").is_file()


def test_an_experiment_of_a_users_own_chooses_where_its_jobs_run(
    tmp_path: Path, members: list[str]
) -> None:
    """Its jobs run in processes that joblib starts, and no process of ours runs any of them."""
    pytest.importorskip("joblib")
    (tmp_path / "conf/experiment").mkdir(parents=True)
    (tmp_path / "conf/experiment/mine.yaml").write_text(
        "# @package _global_\ndefaults:\n  - override /fusion: max\n"
        "  - override /hydra/launcher: joblib\n"
        "hydra:\n  mode: MULTIRUN\n  sweep: {dir: sweep}\n  sweeper: {params: {seed: '0,1'}}\n"
    )
    own = ["--config-dir", "conf", "experiment=mine", "hydra.launcher.n_jobs=2"]
    told = succeed(tmp_path, "fuse", *own, *members, fresh=True)
    assert "Joblib.Parallel(n_jobs=2" in told
    assert "Launching 2 jobs locally" not in told
    found = statuses(tmp_path)
    assert [found[job]["state"] for job in range(2)] == ["completed"] * 2
    assert (tmp_path / "sweep/sweep.csv").is_file()
