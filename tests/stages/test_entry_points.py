from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from omegaconf import OmegaConf
from running import environment, run_stage

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("train", "augment", "predict", "fuse", "compare", "report")


@pytest.mark.parametrize("stage", STAGES)
def test_importing_a_stage_is_light(stage: str) -> None:
    code = (
        f"import sys, lfx.{stage}\n"
        "heavy = {'torch', 'transformers', 'timm', 'pytorch_lightning', 'wandb', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("stage", STAGES)
def test_help_and_config_are_shown_without_work(stage: str, tmp_path: Path) -> None:
    done = run_stage(tmp_path, stage, "--help")
    assert done.returncode == 0
    assert f"lfx.{stage}" in done.stdout
    assert "schema" not in done.stdout
    choices = done.stdout.split("Choices", 1)[1].split("Settings", 1)[0].splitlines()[1:]
    defaults = OmegaConf.load(ROOT / "conf" / f"{stage}.yaml").defaults
    own = {
        str(key).partition("@")[0] for one in defaults if not isinstance(one, str) for key in one
    }
    assert {line.split(":")[0].split("/")[0] for line in choices if line[:1].strip()} == own
    done = run_stage(tmp_path, stage, "--cfg", "job")
    assert done.returncode == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("unbuffered", "status"), [("", 0), ("1", 1)])
def test_a_reader_may_leave_before_the_end_of_the_help(unbuffered: str, status: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "lfx.fuse", "--help"],
        env=environment() | {"PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=60) == status


@pytest.mark.slow
def test_the_wheel_runs_elsewhere(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "lfx/conf/train.yaml" in names
    assert "lfx/py.typed" in names
    assert not any(name.startswith(("tests/", "benchmarks/", "outputs/")) for name in names)
    target = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(target)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    run = {"cwd": elsewhere, "env": environment() | {"PYTHONPATH": str(target)}}
    where = [sys.executable, "-c", "import lfx; print(lfx.__file__)"]
    found = subprocess.run(where, capture_output=True, text=True, check=True, **run)
    assert found.stdout.startswith(str(target) + os.sep)
    show = [sys.executable, "-m", "lfx.train", "--cfg", "job"]
    done = subprocess.run(show, capture_output=True, text=True, check=True, **run)
    assert "_target_: lfx.data.sources.demo.DemoSource" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_what_cannot_be_told_is_no_success(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "lfx.train", "--help"]
    with Path("/dev/full").open("w") as full:
        lost = subprocess.run(
            command,
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
        mistake = [*command[:-1], "nothing=1"]
        untold = subprocess.run(
            mistake,
            cwd=tmp_path,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=full,
            check=False,
        )
    assert lost.returncode == 2
    assert lost.stderr.startswith(b"error: No space left on device")
    assert untold.returncode == 2
