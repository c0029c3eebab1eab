"""What extending costs, counted in files: a class and a YAML, or one entry of a registry."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import lfx

PACKAGE = Path(lfx.__file__).parent
CONF = PACKAGE.parent / "conf"
GROUPS = ("augmenter", "calibration", "encoder", "fusion", "head", "joint", "loss")
# What stands for nothing: `LateFusion` without a scheme or a calibration.
DEFAULTS = {"lfx.fusion.schemes.mean.Mean", "lfx.fusion.calibration.none.NoCalibration"}
# Scores that nothing but tables, baselines and objectives has to do with.
SCORES = ("cohen_kappa", "matthews_corrcoef", "auroc_macro")

OPTIONS = [file for group in GROUPS for file in sorted((CONF / group).glob("*.yaml"))]


def imported(file: Path) -> set[str]:
    """Dotted paths of what a file imports."""
    return {
        f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


IMPORTS = {file: imported(file) for file in PACKAGE.rglob("*.py")}


def files_of(target: str) -> set[Path]:
    """Every file of the package and of conf that names a class."""
    module = PACKAGE.parent / (target.rpartition(".")[0].replace(".", "/") + ".py")
    importing = {file for file, names in IMPORTS.items() if target in names}
    naming = {
        file for file in CONF.rglob("*.yaml") if f"_target_: {target}\n" in file.read_text("utf-8")
    }
    return {module} | importing | naming


@pytest.mark.parametrize("option", OPTIONS, ids=lambda file: f"{file.parent.name}={file.stem}")
def test_an_option_costs_a_class_and_a_yaml(option: Path) -> None:
    target = yaml.safe_load(option.read_text(encoding="utf-8"))["_target_"]
    files = files_of(target)
    others = {file for file in files if file.suffix == ".yaml"} - {option}
    assert all(file.parent == option.parent for file in others)  # other settings of the same class
    code = {file for file in files if file.suffix == ".py"}
    if target in DEFAULTS:
        code -= {PACKAGE / "fusion/late_fusion.py"}
    assert len(code) == 1


@pytest.mark.parametrize("score", SCORES)
def test_a_score_costs_one_entry(score: str) -> None:
    naming = [
        file
        for file in (*PACKAGE.rglob("*.py"), *CONF.rglob("*.yaml"))
        if score in file.read_text(encoding="utf-8")
    ]
    # Its entry, and the function that computes it, which has its name.
    functions = {PACKAGE / "evaluation" / f"{of}_scores.py" for of in ("count", "probability")}
    assert set(naming) - functions == {PACKAGE / "evaluation/scores.py"}


# Tests that speak of all scores.
OF_SCORES = (
    *("evaluation/test_scores.py", "fusion/test_baselines.py"),
    *("reporting/test_sweep_report.py", "reporting/test_report_tables.py"),
)
A_SCORE = """
from lfx.evaluation import scores

scores.SCORES["g_mean"] = scores.Score(
    "g_mean", "G-mean", lambda counts: counts.recall.prod(dim=0), printed=True
)
"""


def test_one_more_score_breaks_no_test(tmp_path: Path) -> None:
    (tmp_path / "one_more_score.py").write_text(A_SCORE)
    tests = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "one_more_score", "-p", "no:cacheprovider"]
        + [str(tests / file) for file in OF_SCORES],
        cwd=tests.parent,
        env=os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{tests.parent}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_count_would_find_more() -> None:
    assert len(files_of("lfx.fusion.weights.Weights")) > 5
