"""Tables of fusions of samples that some member lacks: n stands beside every score."""

from __future__ import annotations

import csv
import json
import logging
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lfx.artifacts.parquet import write_predictions
from lfx.fusion.schemes.learned import Learned
from lfx.fusion.schemes.mean import Mean
from lfx.fusion.schemes.weighted import Weighted
from lfx.reporting.fusion import report_fusion, report_job
from lfx.reporting.incomplete import COMPARABLE, fused_from_fewer, score_lines
from lfx.reporting.ranking import write_ranking
from lfx.reporting.ranking_table import Ranking
from lfx.reporting.run_table import counts_differ, run_table
from lfx.reporting.scores import read_weights
from lfx.reporting.seed_table import seed_table
from lfx.reporting.seeds import group_by_seed, seed_rows
from lfx.reporting.summary import summarise_sweep
from lfx.reporting.sweep import read_sweep
from lfx.runs.find import Run, collect_runs
from lfx.runs.metrics import read_metrics
from lfx.runtime.errors import RecordError

IDS = [f"s{n:02}" for n in range(30)]
SPLITS = ["val"] * 18 + ["test"] * 12
LABELS = [n % 3 for n in range(30)]
WORDS = (
    "fused from fewer members: 4 of val, 3 of test (image lacks 3 of val, 2 of test; "
    "text lacks 2 of val, 1 of test)"
)


@pytest.fixture
def members(predicted):
    rng = np.random.default_rng(0)
    of_all = {
        name: predicted(IDS, SPLITS, LABELS, rng.integers(0, 3, 30), confidence, name=name)
        for name, confidence in (("image", 0.6), ("text", 0.7), ("audio", 0.5))
    }
    # Sample 1 lacks both image and text, so that it is audio's alone.
    lacking = {"image": [0, 1, 2, 20, 21], "text": [1, 3, 22]}
    return {
        name: one.select(~np.isin(np.arange(30), lacking.get(name, [])))
        for name, one in of_all.items()
    }


def printed_lines(output):
    """The lines of a printed table: title -> cells."""
    lines = {}
    for line in output.splitlines():
        title, *cells = [cell for cell in line.strip().split("  ") if cell.strip()]
        lines[title.strip()] = [cell.strip() for cell in cells]
    return lines


def test_a_fusion_has_a_line_of_all_rows_and_one_of_complete_rows(
    members, fuse_members, tmp_path, capsys
):
    result = fuse_members(members, Learned(), "renormalise", fit_folds=2)
    report_fusion(result, "learned", "val/f1_weighted", 0.5, tmp_path)
    output = capsys.readouterr().out
    lines = printed_lines(output)
    counts = {
        title: (cells[0], cells[4])
        for title, cells in lines.items()
        if title.startswith(("learned", "baseline"))
    }
    assert len(counts) == 6
    assert counts.pop("learned (all rows)") == ("18", "12")
    assert set(counts.values()) == {("14", "9")}
    assert "learned (complete rows)" in counts
    assert f"{WORDS}; from one member alone: 1 of val\n" in output
    assert f"{COMPARABLE}\n" in output
    complete = result.metrics["complete"]["test"]
    accuracy = lines["learned (complete rows)"][5]
    assert accuracy.startswith(f"{complete['accuracy']:.3f} [")
    assert lines["learned (all rows)"][5].startswith(f"{result.metrics['test']['accuracy']:.3f} [")


def test_without_gaps_nothing_of_this_is_printed(members, fuse_members, tmp_path, capsys):
    for policy in ("drop", "error"):
        some = {"audio": members["audio"]} if policy == "error" else members
        report_fusion(fuse_members(some, Mean(), policy), "mean", "val/nll", 0.5, tmp_path)
        output = capsys.readouterr().out
        assert "rows" not in output
        assert "n differs" not in output
        assert "fused from fewer" not in output


def test_a_job_of_a_sweep_says_its_n(members, fuse_members, caplog):
    caplog.set_level(logging.INFO)
    report_job(fuse_members(members, Mean(), "renormalise"), "mean", "val/f1_weighted", 0.5)
    report_job(fuse_members(members, Mean(), "drop"), "mean", "val/f1_weighted", 0.5)
    assert "mean: val/f1_weighted 0.5000 (n = 18); weights" in caplog.messages[0]
    assert "mean: val/f1_weighted 0.5000; weights" in caplog.messages[1]


@pytest.fixture
def sweep(members, fuse_members, leave_job, tmp_path):
    """A multirun of two schemes and two policies."""

    def build(*policies):
        folder = tmp_path / "sweep"
        for number, (scheme, policy) in enumerate(
            (scheme, policy) for scheme in (Mean(), Weighted({"audio": 0.8})) for policy in policies
        ):
            name = type(scheme).__name__.lower()
            result = fuse_members(members, scheme, policy, fit_folds=2)
            overrides = [f"fusion={name}", f"members.on_missing={policy}"]
            leave_job(folder / str(number), result, overrides)
        return folder

    return build


def test_a_ranking_shows_both_lines_of_each_job(sweep, capsys):
    folder = sweep("renormalise")
    summarise_sweep(folder)
    output = capsys.readouterr().out
    assert output.startswith("ranked by val/f1_weighted; val n = 18, test n = 12\n")
    markdown = (folder / "sweep.md").read_text()
    for text in (output, markdown):
        assert WORDS in text
        assert COMPARABLE in text
        assert "same n only" not in text
    rows = [line.strip("| ").split(" | ") for line in markdown.splitlines() if "|" in line]
    assert rows[0][:5] == ["rank", "job", "name", "val n", "val accuracy"]
    named = [(row[0], row[2].partition(" (")[2].rstrip(")"), row[3]) for row in rows[2:4]]
    assert named == [("1", "all rows", "18"), ("2", "all rows", "18")]
    below = [line for line in markdown.splitlines() if line.startswith("|  | ")]
    assert len(below) == 2 + 4
    assert all("| 14 |" in line and "| 9 |" in line for line in below)
    with (folder / "sweep.csv").open(newline="") as stream:
        (first, _) = csv.DictReader(stream)
    metrics = json.loads((folder / "0/metrics.json").read_text())
    assert float(first["complete/val/accuracy"]) == metrics["complete"]["val"]["accuracy"]
    assert float(first["complete/test/support"]) == 9
    assert list(first)[-1].startswith("complete/")


def test_jobs_of_different_n_are_not_ranked_together(sweep, capsys):
    folder = sweep("renormalise", "drop")
    summarise_sweep(folder)
    output = capsys.readouterr().out
    assert output.startswith("ranked by val/f1_weighted; val n = 14/18, test n = 9/12\n")
    assert "jobs are ranked among those of the same n only\n" in output
    read = read_sweep(folder)
    assert [job.samples(read.objective) for job in read.ranked] == [18, 18, 14, 14]
    lines = [line.split() for line in output.splitlines() if line[:1].isdigit()]
    assert [line[0] for line in lines] == ["1", "2", "1", "2"]
    scores = [job.score(read.objective) for job in read.ranked]
    assert scores[0] >= scores[1]
    assert scores[2] >= scores[3]


def test_where_all_jobs_drop_the_same_rows_are_ranked_as_ever(sweep, capsys):
    folder = sweep("drop")
    summarise_sweep(folder)
    output = capsys.readouterr().out
    assert output.startswith("ranked by val/f1_weighted; val n = 14, test n = 9\n")
    assert "n differs" not in output
    assert "val n |" not in (folder / "sweep.md").read_text()


def test_no_curve_is_drawn_over_different_n(members, fuse_members, leave_job, tmp_path):
    for number, policy in enumerate(("renormalise", "drop", "drop")):
        result = fuse_members(members, Mean(), policy)
        leave_job(tmp_path / str(number), result, ["fusion=mean", f"x={number}"])
    summarise_sweep(tmp_path)
    assert not (tmp_path / "sweep.png").exists()
    assert write_ranking(Ranking.of(read_sweep(tmp_path))) == tmp_path / "sweep.md"


SCORES = {"accuracy": 0.5, "f1_weighted": 0.5, "f1_macro": 0.5}


def scores(n, accuracy=0.5):
    return SCORES | {"accuracy": accuracy, "support": n}


def run(name, seed, metrics, **options):
    arguments = {
        "folder": Path(f"{name}/{seed}"),
        "stage": "fuse",
        "data": "demo",
        "model": "image + text",
        "started": str(seed),
        "overrides": (f"fusion={name}", f"seed={seed}"),
        "split_fingerprint": "s",
        **options,
    }
    return Run(name=name, seed=seed, metrics=metrics, **arguments)


def partial(accuracy, of_complete):
    return {"test": scores(12, accuracy), "complete": {"test": scores(9, of_complete)}}


def test_runs_have_a_row_of_all_rows_and_one_of_complete_rows(tmp_path):
    runs = [run("mean", 0, partial(0.5, 0.75)), run("whole", 0, {"test": scores(12)})]
    table = run_table(runs)
    csv_file, md_file, tex_file = table.write(tmp_path, "report")
    with csv_file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["name"], row["test n"], row["test accuracy"]) for row in rows] == [
        ("mean (all rows)", "12", "0.5"),
        ("mean (complete rows)", "9", "0.75"),
        ("whole", "12", "0.5"),
    ]
    assert rows[0]["run"] == rows[1]["run"]
    assert COMPARABLE in md_file.read_text()
    assert COMPARABLE in tex_file.read_text()


def test_a_leak_is_shown_on_both_lines():
    lines = run_table([run("sly", 0, partial(0.5, 0.75) | {"leaky": True})]).markdown()
    assert lines.count("sly (LEAKY: fitted on the reported split) (") == 2
    assert score_lines({"leaky": True, "complete": {}})[" (complete rows)"] == {"leaky": True}


def test_seeds_are_averaged_line_by_line_and_compared_on_the_same_rows(tmp_path):
    runs = [
        *(run("mean", seed, partial(0.5 + seed / 10, 0.75)) for seed in range(2)),
        *(run("other", seed, partial(0.7, 0.8 + seed / 10)) for seed in range(2)),
    ]
    rows = seed_rows(group_by_seed(runs))
    assert [row.title for row in rows] == [
        "mean (all rows)",
        "mean (complete rows)",
        "other (all rows)",
        "other (complete rows)",
        "other - mean (all rows)",
        "other - mean (complete rows)",
    ]
    assert [row.samples["test"] for row in rows] == [(12, 12), (9, 9)] * 3
    means = [row.scores["test"]["accuracy"][0] for row in rows]
    assert means == pytest.approx([0.55, 0.75, 0.7, 0.85, 0.15, 0.1])
    csv_file, md_file, _ = seed_table(rows).write(tmp_path, "seeds")
    text = md_file.read_text()
    assert "| test n | test accuracy |" in text
    assert "| mean (complete rows) | image + text | 2 | 9 | 0.750 ± 0.000 |" in text
    assert COMPARABLE in text
    with csv_file.open(newline="") as stream:
        assert next(csv.DictReader(stream))["test n"] == "12"


def test_other_samples_are_not_compared(capsys):
    # Of one division into splits the image model lacks samples of test, the text model none.
    runs = [
        *(run("text", seed, {"val": scores(8), "test": scores(12)}) for seed in range(2)),
        *(run("image", seed, {"val": scores(8, 0.75), "test": scores(10)}) for seed in range(2)),
    ]
    assert counts_differ(runs)
    *_, difference = rows = seed_rows(group_by_seed(runs))
    assert difference.title == "image - text (not of test: other samples)"
    assert list(difference.scores) == ["val"]
    assert difference.scores["val"]["accuracy"][0] == 0.25
    seed_table(rows).print()
    output = capsys.readouterr().out
    assert COMPARABLE in output
    assert re.search(r"image - text \(not of test: other samples\) +difference +2\s*\n", output)
    assert re.search(r"image +image \+ text +2 +10 ", output)
    assert COMPARABLE in run_table(runs).markdown()
    # Of other divisions, or other data, n says nothing of what a model lacks.
    for options in ({"data": "other"}, {"split_fingerprint": "t"}):
        others = [replace(one, **options) if one.name == "image" else one for one in runs]
        assert not counts_differ(others)
    assert not counts_differ([replace(one, split_fingerprint="") for one in runs])


def test_equal_numbers_of_other_samples_are_not_compared(predicted, tmp_path):
    def runs(lacking):
        for name, lacks in lacking.items():
            for seed in range(2):
                folder = tmp_path / f"{name}_{seed}_{lacks}"
                ids = [one for one in IDS if one != lacks]
                write_predictions(
                    folder / "predictions.parquet", predicted(ids, "test", [0] * 29, [0] * 29)
                )
                yield run(name, seed, {"test": scores(29)}, folder=folder, model=name)

    others = list(runs({"image": "s01", "audio": "s02"}))
    assert counts_differ(others)
    assert COMPARABLE in run_table(others).markdown()
    *_, difference = rows = seed_rows(group_by_seed(others))
    assert difference.title == "audio - image (not of test: other samples)"
    assert not difference.scores
    text = seed_table(rows).markdown()
    assert "test n" in text
    assert COMPARABLE in text
    same = list(runs({"image": "s01", "text": "s01"}))
    assert not counts_differ(same)
    *_, difference = seed_rows(group_by_seed(same))
    assert difference.title == "text - image"
    assert difference.scores["test"]["accuracy"] == (0, 0)


def test_a_fusion_that_drops_rows_is_compared_with_the_complete_rows():
    runs = [
        *(run("mean", seed, partial(0.5, 0.75)) for seed in range(2)),
        *(run("drop", seed, {"test": scores(9, 0.8)}) for seed in range(2)),
    ]
    *_, difference = seed_rows(group_by_seed(runs))
    assert difference.title == "drop - mean"
    assert difference.scores["test"]["accuracy"][0] == pytest.approx(0.05)
    # The other way round, all rows have no counterpart.
    rows = seed_rows(group_by_seed([*runs[2:], *runs[:2]]))
    assert [row.title for row in rows[-2:]] == [
        "mean - drop (all rows) (not of test: other samples)",
        "mean - drop (complete rows)",
    ]
    assert rows[-2].scores == {}


def test_a_seed_in_which_nobody_lacks_a_sample_counts_on_both_lines():
    runs = [run("mean", 0, partial(0.5, 0.75)), run("mean", 1, {"test": scores(11, 0.9)})]
    all_rows, complete = seed_rows(group_by_seed(runs))
    assert (all_rows.samples["test"], complete.samples["test"]) == ((11, 12), (9, 11))
    assert complete.scores["test"]["accuracy"][0] == pytest.approx((0.75 + 0.9) / 2)
    assert "| 11-12 |" in seed_table([all_rows, complete]).markdown()


def test_a_run_is_found_with_its_complete_rows(members, fuse_members, leave_job, tmp_path):
    result = fuse_members(members, Mean(), "renormalise")
    leave_job(tmp_path / "one", result, ["fusion=mean"])
    (found,) = collect_runs(tmp_path)
    assert found.metrics["complete"]["test"]["support"] == 9
    assert list(found.splits) == ["val", "test"]


@pytest.mark.parametrize(
    "complete",
    [3, [1], {"val": 3}, {"val": [1]}, {"val": {"accuracy": "high"}}, {"val": {"per_class": [1]}}],
)
def test_damaged_scores_on_complete_rows_are_refused(tmp_path, complete):
    file = tmp_path / "metrics.json"
    file.write_text(json.dumps({"val": scores(3), "complete": complete}))
    with pytest.raises(RecordError, match="complete"):
        read_metrics(file)


WEIGHTS = {
    "members": ["a"],
    "classes": ["x", "y"],
    "weights": [1.0],
    "scheme": "mean",
    "per": "member",
}


@pytest.mark.parametrize(
    "counts",
    [
        {"missing": 3},
        {"missing": {"a": 3}},
        {"missing": {"a": {"val": "many"}}},
        {"fused_from_fewer": [3]},
        {"fused_from_one": {"val": 1.5}},
        {"dropped": {"val": True}},
    ],
)
def test_damaged_counts_are_refused(tmp_path, counts):
    file = tmp_path / "weights.json"
    file.write_text(json.dumps(WEIGHTS | counts))
    with pytest.raises(RecordError, match=r"not a mapping|does not count samples"):
        read_weights(file)


def test_files_of_an_earlier_lfx_have_no_totals(tmp_path):
    file = tmp_path / "weights.json"
    file.write_text(json.dumps(WEIGHTS | {"missing": {"a": {"val": 2}}, "dropped": {"val": 1}}))
    assert fused_from_fewer(read_weights(file)) == ["fused from fewer members: a lacks 2 of val"]
    assert fused_from_fewer(WEIGHTS) == []
