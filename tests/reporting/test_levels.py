"""Models and fusions side by side: scores, and what each has cost, every training counted once."""

from __future__ import annotations

import csv
import statistics
import subprocess
import sys
from dataclasses import replace

import pytest

from lfx.artifacts.folds import average_folds
from lfx.artifacts.parquet import write_predictions
from lfx.evaluation.intervals import Interval, wilson
from lfx.evaluation.splits import evaluate_splits
from lfx.reporting.incomplete import DIFFERENT_SAMPLES
from lfx.reporting.levels import levels_table
from lfx.runs.cost import Cost
from lfx.runs.epochs import note_epochs
from lfx.runs.find import Run
from lfx.runtime.errors import DataError

MIB = 2**20
LABELS = [0, 1, 2] * 4


@pytest.fixture
def leave(predicted, tmp_path):
    """Leave a run: its predictions, and what its training has cost."""

    def build(name, seed=0, wrong=3, cost=(10.0, 100, 4_000_000, 1_000_000), starts=(), **options):
        samples = options.pop("samples", len(LABELS))
        folder = tmp_path / f"seed_{seed}/{name}"
        folder.mkdir(parents=True)
        labels = LABELS[:samples]
        taken = [(label + (place < wrong)) % 3 for place, label in enumerate(labels)]
        ids = [f"s{number}" for number in range(samples)]
        about = {"name": name, "config_hash": f"{name}-{seed}", "seed": seed}
        predictions = predicted(ids, "test", labels, taken, **about)
        write_predictions(folder / "predictions.parquet", predictions)
        seconds, memory, parameters, trained = cost
        noted = {
            start: {"name": start, "config_hash": f"{start}-{seed}", "epochs": 3, "seconds": 10.0}
            for start in starts
        }
        if options.get("stage", "train") == "train":
            paid = Cost(seconds, memory * MIB, None, parameters, trained)
            note_epochs(folder, {"train": 3}, noted, paid)
        metrics = evaluate_splits(predictions)
        given = {"stage": "train", "data": "demo", "model": "tiny"} | options
        return Run(folder, name=name, seed=seed, started=str(seed), metrics=metrics, **given)

    return build


@pytest.fixture
def fuse(leave):
    """Leave a fusion of other runs."""

    def build(name, members, seed=0, **options):
        run = leave(name, seed, stage="fuse", model=" + ".join(members), **options)
        (run.folder / ".hydra").mkdir()
        root = run.folder.parent
        paths = "\n".join(f"  {one}: {root}/{one}/predictions.parquet" for one in members)
        config = f"members:\n  on_missing: error\n{paths}\n"
        (run.folder / ".hydra/config.yaml").write_text(config)
        cwd = f"hydra:\n  runtime:\n    cwd: {root}\n"
        (run.folder / ".hydra/hydra.yaml").write_text(cwd)
        return run

    return build


def cells(table, name):
    titles = [column.title for column in table.columns]
    row = next(row for row in table.rows if row[0] == name)
    return dict(zip(titles, row, strict=True))


def test_a_single_seed_has_intervals_and_several_a_spread(leave):
    run = leave("text")
    row = cells(levels_table([run]), "text")
    assert row["12 test accuracy"].interval == wilson(9, 12)
    bounds = run.metrics["test"]["intervals"]["f1_macro"]
    assert row["macro F1"].interval == Interval(*bounds)
    table = levels_table([run, leave("text", seed=1, wrong=6)])
    row = cells(table, "text")
    assert row["12 test accuracy"].value == pytest.approx((0.75 + 0.5) / 2)
    assert row["12 test accuracy"].spread == pytest.approx(statistics.stdev([0.75, 0.5]))
    assert "mean ± standard deviation over 2 seeds" in table.notes[0]


def test_intervals_of_a_cross_validation_are_of_the_mean_of_its_folds(leave, predicted):
    run = leave("text")
    size, folds = len(LABELS), 5
    # In each fold other samples are wrong, so that the mean of the folds is always right.
    taken = [
        (LABELS[row] + (row % folds == fold)) % 3 for fold in range(folds) for row in range(size)
    ]
    ids = [f"s{row}" for row in range(size)] * folds
    of_folds = [fold for fold in range(folds) for _ in range(size)]
    predictions = predicted(ids, "test", LABELS * folds, taken, fold=of_folds, name="text")
    write_predictions(run.folder / "predictions.parquet", predictions)
    metrics = evaluate_splits(average_folds(predictions))
    row = cells(levels_table([replace(run, metrics=metrics)]), "text")
    assert row["12 test accuracy"].value == 1
    assert row["12 test accuracy"].interval == wilson(12, 12)
    # The bootstrap's resamples may lack a class, which then counts 0.
    assert row["macro F1"].interval == Interval(*metrics["test"]["intervals"]["f1_macro"])
    assert row["macro F1"].interval.high == 1


def test_scores_of_different_samples_have_their_n_and_a_note(leave):
    table = levels_table([leave("text"), leave("image", samples=9)])
    assert [column.title for column in table.columns][:3] == ["model", "test n", "test accuracy"]
    assert cells(table, "image")["test n"] == "9"
    assert cells(table, "text")["test n"] == "12"
    assert "scores of different samples are not comparable" in table.notes[0]


def test_as_many_other_samples_have_their_n_and_a_note(leave, predicted):
    runs = [
        replace(one, split_fingerprint="s")
        for one in (leave("text"), leave("image"), leave("same"))
    ]
    file = runs[1].folder / "predictions.parquet"
    ids = [f"s{number + 1}" for number in range(len(LABELS))]
    write_predictions(file, predicted(ids, "test", LABELS, LABELS, name="image"))
    table = levels_table(runs)
    assert [row[1] for row in table.rows] == ["12"] * 3
    assert table.notes[0] == DIFFERENT_SAMPLES
    assert table.columns[1].title == "test n"
    assert DIFFERENT_SAMPLES not in levels_table([runs[0], runs[2]]).notes


def test_tables_of_runs_import_neither_torch_nor_pandas(leave):
    """They take seconds to import, and a table of runs a fraction of one."""
    file = leave("text").folder / "predictions.parquet"
    code = (
        "import sys\nfrom pathlib import Path\n"
        "import lfx.reporting.levels, lfx.reporting.run_table\n"
        "from lfx.artifacts.scored import scored_samples\n"
        f"scored_samples(Path({str(file)!r}))\n"
        "print(sorted({'torch', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_training_that_several_stand_on_is_counted_once(leave, fuse):
    runs = [leave("text"), leave("image"), leave("joint", starts=("text", "image"))]
    runs += [fuse("late", ["text", "image"]), fuse("all", ["text", "image", "joint"])]
    table = levels_table(runs)
    expected = {
        "text": (10, 100, 4, 1, 3),
        "joint": (30, 100, 4, 1, 9),
        "late": (20, 100, 8, 2, 6),
        "all": (30, 100, 12, 3, 9),
    }
    for name, numbers in expected.items():
        found = [value[0] for value in table.rows[[row[0] for row in table.rows].index(name)][4:]]
        assert found == pytest.approx(numbers), name


def test_what_a_run_has_not_noted_is_left_empty(leave, fuse):
    runs = [leave("text"), leave("image"), fuse("late", ["text", "image"])]
    (runs[1].folder / "training.json").unlink()
    table = levels_table(runs)
    assert cells(table, "text")["seconds"][0] == 10
    assert cells(table, "image")["seconds"] is None
    assert cells(table, "late")["seconds"] is None


def test_runs_are_of_one_labelled_data_set(leave):
    with pytest.raises(DataError, match="these are on demo, other: choose one with data=NAME"):
        levels_table([leave("text"), leave("image", data="other")])


@pytest.mark.parametrize(("width", "seeds"), [(80, 1), (80, 3), (120, 1), (120, 3)])
def test_nothing_folds_on_a_narrow_terminal(leave, capsys, monkeypatch, width, seeds):
    monkeypatch.setattr("lfx.reporting.table._PIPE", width)
    names = ("text", "cross_attention", "mean_with_gated")
    table = levels_table([leave(name, seed) for seed in range(seeds) for name in names])
    table.print()
    lines = capsys.readouterr().out.split("─" * 10)[-1].splitlines()
    shown = [line for line in lines if line.startswith(names)]
    assert [line.split()[0] for line in shown] == list(names)
    assert all("0.750 " in line and len(line) <= width for line in shown)
    assert not [line for line in lines if line.startswith(" ") and line.strip()]


def test_a_csv_has_bounds_and_spreads(leave, tmp_path):
    table = levels_table([leave("text"), leave("text", seed=1)])
    text = table.write_csv(tmp_path / "levels.csv").read_text()
    (row,) = csv.DictReader(text.splitlines())
    assert float(row["seconds sd"]) == 0
    assert float(row["12 test accuracy sd"]) == 0
    assert row["12 test accuracy low"] == ""
