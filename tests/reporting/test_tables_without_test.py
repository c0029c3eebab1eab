"""Without a test split another one is reported, and tables say what has seen it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean
from lfx.reporting.fusion import report_fusion
from lfx.reporting.run_table import run_table
from lfx.reporting.seed_table import seed_table
from lfx.reporting.seeds import group_by_seed, seed_rows
from lfx.reporting.summary import summarise_sweep
from lfx.reporting.sweep import read_sweep
from lfx.reporting.sweep_curve import sweep_lines
from lfx.reporting.table import NUMBER, Column, Table
from lfx.runs.find import Run

IDS = [f"s{n:02}" for n in range(24)]
LABELS = [n % 3 for n in range(24)]
START = "no labelled test samples: val is reported, which also stopped the members' training"
CROSS_FITTED = (
    " and fitted the weights, cross-fitted: each row is fused by a fit on other folds (4 folds)"
)
IN_SAMPLE = " and fitted the weights, in-sample (without folds): its scores are too good"
CHOSEN = ". The baselines' majority class and best member were chosen there as well"


@pytest.fixture
def members(predicted):
    def build(split="val", **options):
        rng = np.random.default_rng(0)
        return {
            name: predicted(IDS, split, LABELS, rng.integers(0, 3, 24), 0.6, name=name, **options)
            for name in ("image", "text")
        }

    return build


@pytest.mark.parametrize(
    ("scheme", "folds", "sentence"),
    [
        (Mean(), 5, f"{START}{CHOSEN}"),
        (
            Learned(),
            4,
            f"{START}{CROSS_FITTED}{CHOSEN}",
        ),
        (
            Learned(),
            1,
            f"{START}{IN_SAMPLE}{CHOSEN}",
        ),
    ],
)
def test_a_fusion_says_what_has_seen_its_reported_split(
    members, fuse_members, tmp_path, capsys, scheme, folds, sentence
):
    result = fuse_members(members(), scheme, fit_folds=folds)
    report_fusion(result, "mine", "val/f1_weighted", 0.5, tmp_path)
    output = capsys.readouterr().out
    assert f"{sentence}\n" in output
    assert ("LEAKY" in output) == (folds == 1)
    assert "test accuracy" not in " ".join(output.split())


def test_out_of_fold_rows_have_stopped_nothing(members, fuse_members, tmp_path, capsys):
    folded = members("oof", fold=[n % 2 for n in range(24)])
    result = fuse_members(folded, Learned(), fit_split="oof", fit_folds=3)
    report_fusion(result, "mine", "oof/f1_weighted", 0.5, tmp_path)
    output = capsys.readouterr().out
    assert "oof is reported, whose rows their models have not seen and fitted the weights" in output
    assert "stopped" not in output


@pytest.mark.parametrize("split", ["test", "predict"])
def test_where_new_samples_are_reported_nothing_is_said(
    members, fuse_members, tmp_path, capsys, split
):
    both = members(["val"] * 12 + [split] * 12)
    report_fusion(fuse_members(both, Mean()), "mine", "val/nll", 0.5, tmp_path)
    assert "is reported" not in capsys.readouterr().out


def test_a_ranking_says_it_too(members, fuse_members, leave_job, tmp_path, capsys):
    for number, scheme in enumerate((Mean(), Learned())):
        result = fuse_members(members(), scheme, fit_folds=2)
        leave_job(tmp_path / str(number), result, [f"fusion={type(scheme).__name__.lower()}"])
    summarise_sweep(tmp_path)
    wanted = (
        "no labelled test samples: val is reported, which also stopped the training and fitted the "
        "weights (cross-fitted, or in-sample where it says LEAKY). It ranks the jobs as well, so "
        "the best job's score is too good\n"
    )
    assert wanted in capsys.readouterr().out
    assert wanted in (tmp_path / "sweep.md").read_text()


def test_a_curve_has_one_line_of_the_reported_split(members, fuse_members, leave_job, tmp_path):
    for number in range(3):
        result = fuse_members(members(), Mean())
        leave_job(tmp_path / str(number), result, ["fusion=mean", f"x={number}"])
    key, lines = sweep_lines(read_sweep(tmp_path))
    assert key == "x"
    assert [(line.name, list(line.positions)) for line in lines] == [("val", [0, 1, 2])]
    both = members(["val"] * 12 + ["test"] * 12)
    for number in range(3):
        result = fuse_members(both, Mean())
        leave_job(tmp_path / "both" / str(number), result, ["fusion=mean", f"x={number}"])
    _, lines = sweep_lines(read_sweep(tmp_path / "both"))
    assert [line.name for line in lines] == ["val", "test"]


def run(name, seed, *splits, data="demo", accuracy=0.5):
    scores = {"accuracy": accuracy, "f1_weighted": 0.5, "f1_macro": 0.5, "support": 9}
    return Run(
        Path(name), "train", data, name, "tiny", seed, str(seed), dict.fromkeys(splits, scores)
    )


def test_reports_say_it_of_each_data_set(tmp_path):
    runs = [run("a", 0, "val", data="mosi"), run("b", 0, "val", "test"), run("c", 0, "val")]
    sentence = "mosi: no labelled test samples: val is reported, which also stopped the training"
    for table, name in (
        (run_table(runs), "report"),
        (seed_table(seed_rows(group_by_seed(runs))), "seeds"),
    ):
        text = table.write(tmp_path, name)[1].read_text()
        assert sentence in text
        assert "demo: no" not in text
    assert "no labelled test" not in run_table(runs[1:]).markdown()


def test_a_terminal_shows_the_reported_split_of_each_data_set(capsys):
    runs = [run("a", 0, "val", data="mosi", accuracy=0.25), run("b", 0, "val", "test")]
    seed_table(seed_rows(group_by_seed(runs))).print()
    output = capsys.readouterr().out
    assert output.splitlines()[1].split() == [
        "val",
        "weighted",
        "macro",
        "test",
        "weighted",
        "macro",
    ]
    assert "0.250" in output
    seed_table(seed_rows(group_by_seed(runs[1:]))).print()
    assert "val" not in capsys.readouterr().out
    seed_table(seed_rows(group_by_seed([run("x", 0, "oof", "val")]))).print()
    assert " val" not in capsys.readouterr().out.partition("no labelled")[0]


def test_notes_stand_below_a_table_in_all_its_forms(tmp_path, capsys):
    note = "n < 5 & a_b " + "long " * 50 + "end"
    table = Table([Column("x"), Column("y", NUMBER)], [["a", 0.5]], [note, "two"])
    csv_file, md_file, tex_file = table.write(tmp_path, "mine")
    assert md_file.read_text().endswith("long end\n\ntwo\n")
    assert "n &lt; 5 &amp; a_b" in md_file.read_text()
    assert r"n \textless{} 5 \& a\_b" in tex_file.read_text()
    assert tex_file.read_text().endswith("\\par {\\footnotesize two}\n")
    assert "two" not in csv_file.read_text()
    table.print()
    assert capsys.readouterr().out.splitlines()[-2:] == [note, "two"]  # never folded
    table = Table([Column("x")], [["a"]], ["\x1b[2Jhidden"])
    table.print()
    assert "\x1b" not in capsys.readouterr().out + table.markdown()
