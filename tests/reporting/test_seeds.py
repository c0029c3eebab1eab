from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest

from lfx.evaluation.repeated import corrected_resampled_t
from lfx.reporting.seed_table import seed_table
from lfx.reporting.seeds import group_by_seed, seed_rows
from lfx.runs.find import Run


def run(name: str, seed: int, accuracy: float, **options: object) -> Run:
    scores = {
        "accuracy": accuracy,
        "f1_weighted": accuracy / 2,
        "f1_macro": accuracy / 4,
        "support": 40,
        "per_class": {"bad": {"f1": 0.1}, "good": {"f1": accuracy}},
    }
    arguments = {
        "folder": Path(f"{name}/{seed}"),
        "stage": "train",
        "data": "demo",
        "model": "tiny",
        "started": str(seed),
        "metrics": {"val": scores, "test": scores | {"accuracy": accuracy + 0.1}},
        "overrides": (f"modality={name}", f"seed={seed}"),
        **options,
    }
    return Run(name=name, seed=seed, **arguments)  # type: ignore[arg-type]


RUNS = [
    run("image", 0, 0.5),
    run("contrast", 0, 0.6),
    run("image", 1, 0.7),
    run("contrast", 1, 0.7),
    run("image", 2, 0.6),
]


def test_runs_that_differ_in_their_seed_share_a_row() -> None:
    groups = group_by_seed(RUNS)
    assert [[one.seed for one in group] for group in groups] == [[0, 1, 2], [0, 1]]
    rows = seed_rows(groups)
    assert [(row.title, row.runs) for row in rows] == [
        ("image", 3),
        ("contrast", 2),
        ("contrast - image", 2),
    ]
    assert rows[0].scores["test"]["accuracy"] == pytest.approx((0.7, 0.1))
    assert rows[0].scores["val"]["F1 good"] == pytest.approx((0.6, 0.1))


def test_differences_are_taken_seed_by_seed() -> None:
    difference = seed_rows(group_by_seed(RUNS))[2]
    assert difference.model == "difference"
    # 0.6 - 0.5 and 0.7 - 0.7; the third seed of one has no partner.
    assert difference.scores["val"]["accuracy"] == pytest.approx((0.05, math.sqrt(0.005)))
    assert difference.scores["val"]["F1 bad"] == pytest.approx((0, 0))


def test_other_settings_or_data_are_other_rows() -> None:
    runs = [
        run("a", 0, 0.5),
        run("a", 3, 0.4, kind="other", overrides=("modality=a", "loss=supcon", "seed=3")),
        run("a", 1, 0.5, data="mine"),
    ]
    rows = seed_rows(group_by_seed(runs))
    assert [(row.data, row.title, row.runs) for row in rows] == [
        ("demo", "a", 1),
        ("demo", "a loss=supcon", 1),
        ("mine", "a", 1),
    ]
    assert math.isnan(rows[0].scores["val"]["accuracy"][1])


def test_a_leak_is_shown() -> None:
    leaky = run("fused", 0, 0.5)
    leaky.metrics["leaky"] = True
    (row,) = seed_rows(group_by_seed([leaky, run("fused", 1, 0.5)]))
    assert "LEAKY" in row.title


def test_only_runs_on_the_same_data_split_and_stage_are_compared() -> None:
    def pair(name: str, **options: object) -> list[Run]:
        return [run(name, seed, 0.5, **options) for seed in (0, 1)]

    there, here = [*pair("a", data="x"), *pair("b", data="x")], [*pair("a"), *pair("b")]
    rows = seed_rows(group_by_seed([*there, *here]))
    assert [row.title for row in rows if row.model == "difference"] == ["b - a", "b - a"]
    for options in ({"split_fingerprint": "other"}, {"stage": "fuse"}):
        rows = seed_rows(group_by_seed([*pair("a"), *pair("b", **options)]))
        assert [row.title for row in rows] == ["a", "b"]


def test_a_split_that_some_runs_lack_has_the_others_mean() -> None:
    runs = [run("a", 0, 0.5), run("a", 1, 0.7)]
    del runs[0].metrics["test"]
    (row,) = seed_rows(group_by_seed(runs))
    assert row.scores["test"]["accuracy"][0] == pytest.approx(0.8)
    assert row.scores["val"]["accuracy"][0] == pytest.approx(0.6)


def test_of_the_same_seed_the_newest_counts() -> None:
    (group,) = group_by_seed([run("a", 0, 0.5), run("a", 0, 0.9)])
    assert [one.metrics["val"]["accuracy"] for one in group] == [0.9]
    assert seed_rows([]) == []


def test_the_table_is_written_and_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = seed_rows(group_by_seed(RUNS))
    numbers, text, _ = seed_table(rows).write(tmp_path, "seeds")
    with numbers.open(newline="") as stream:
        table = list(csv.DictReader(stream))
    assert float(table[0]["test accuracy mean"]) == pytest.approx(0.7)
    assert float(table[0]["test accuracy sd"]) == pytest.approx(0.1)
    assert table[0]["runs"] == "3"
    assert "| demo | image | tiny | 3 | 0.600 ± 0.100 |" in text.read_text(encoding="utf-8")
    seed_table(rows).print()
    shown = capsys.readouterr().out
    assert "0.700 ± 0.100" in shown
    assert "F1" in shown
    assert "val" not in shown
    only = [[run("a", 0, 0.5, metrics={"val": RUNS[0].metrics["val"]})]]
    seed_table(seed_rows(only)).print()
    assert "0.500" in capsys.readouterr().out


def test_folds_share_a_row_as_seeds_do() -> None:
    runs = [
        run(name, 0, accuracy, fold=fold, overrides=(f"modality={name}", f"data.fold={fold}"))
        for name, accuracies in (("image", (0.5, 0.7)), ("contrast", (0.6, 0.9)))
        for fold, accuracy in enumerate(accuracies)
    ]
    rows = seed_rows(group_by_seed(runs))
    assert [(row.title, row.runs) for row in rows] == [
        ("image", 2),
        ("contrast", 2),
        ("contrast - image", 2),
    ]
    # 0.6 - 0.5 and 0.9 - 0.7
    expected = pytest.approx((0.15, math.sqrt(0.005)))
    assert rows[2].scores["val"]["accuracy"] == expected


def test_a_whole_cross_validation_is_no_further_fold() -> None:
    folds = [run("image", 0, 0.5 + 0.1 * fold, fold=fold) for fold in range(2)]
    groups = group_by_seed([*folds, run("image", 0, 0.9)])
    assert [len(group) for group in groups] == [2, 1]


def with_classes(one: Run, folder: Path, trained_on: int) -> Run:
    own = folder / one.name / str(one.seed)
    own.mkdir(parents=True)
    lines = [f"train,bad,{trained_on - 5},0.5", "train,good,5,0.5", "val,bad,7,1"]
    (own / "classes.csv").write_text("\n".join(["split,class,samples,share", *lines]))
    return replace(one, folder=own)


def test_differences_are_tested_where_the_number_of_training_samples_is_known(
    tmp_path: Path,
) -> None:
    runs = [
        run(name, seed, 0.5 + 0.01 * seed**2 * better)
        for seed in range(3)
        for name, better in (("a", 0), ("b", 1))
    ]
    assert not seed_rows(group_by_seed(runs))[2].tests
    known = [with_classes(one, tmp_path, 320) for one in runs]
    rows = seed_rows(group_by_seed(known))
    found = rows[2].tests["test"]["accuracy"]
    want = corrected_resampled_t([0, 0.01, 0.04], 40 / 320)
    assert (found.mean, found.p) == pytest.approx((want.mean, want.p))
    table = seed_table(rows)
    assert f"(p = {want.p:.2g})" in table.markdown()
    assert "corrected resampled t-test" in table.notes[-1]
    file = table.write_csv(tmp_path / "seeds.csv")
    *_, row = csv.DictReader(file.read_text().splitlines())
    assert float(row["test accuracy p"]) == pytest.approx(want.p)
    assert float(row["test accuracy low"]) == pytest.approx(want.interval.low)
