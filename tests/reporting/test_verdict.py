from __future__ import annotations

import json

import numpy as np
import pytest

from lfx.artifacts.parquet import write_predictions
from lfx.evaluation.mcnemar import PairedAccuracy
from lfx.reporting.scores import read_verdict
from lfx.reporting.told_apart import tell_apart
from lfx.reporting.verdict import verdict_sentences
from lfx.runtime.errors import RecordError


def compared(corrected, corrupted, samples=451):
    before = np.zeros(samples, bool)
    after = before.copy()
    after[:corrected] = True
    before[corrected : corrected + corrupted] = True
    return PairedAccuracy.of(before, after, np.arange(samples)).document()


def document(**parts):
    return {"split": "test", "against": "text", "chosen_on": "val", **parts}


@pytest.mark.parametrize(
    ("corrected", "corrupted", "words"),
    [
        (7, 0, "is better than text, the best member on val: +0.016 ["),
        (0, 7, "is worse than text, the best member on val: -0.016 ["),
        (24, 15, "cannot be told apart from text, the best member on val: +0.020 ["),
    ],
)
def test_only_what_the_test_finds_is_called_better(corrected, corrupted, words):
    first, power = verdict_sentences("mean", document(all=compared(corrected, corrupted)))
    assert first.startswith(f"mean {words}")
    assert f"(n = 451), {corrected} corrected : {corrupted} corrupted (McNemar p = 0." in first
    least = compared(corrected, corrupted)["detectable"]
    if least is None:
        assert power.startswith("so few samples are predicted differently")
    else:
        assert power == f"with 80 % power this n would have shown a difference of {least:.3f}"


def test_unseen_samples_have_a_sentence_of_their_own():
    parts = {"all": compared(60, 20), "unseen": compared(12, 10, 200)}
    of_all, of_unseen, _ = verdict_sentences("mean", document(**parts))
    assert "p < 0.001" in of_all
    assert of_unseen.startswith("unseen samples alone: mean cannot be told apart from text: +0.010")
    assert "(n = 200)" in of_unseen


def test_two_that_never_differ():
    first, power = verdict_sentences("mean", document(all=compared(0, 0)))
    assert "cannot be told apart" in first
    assert power == "both are right about the same samples"


def test_a_damaged_verdict_is_told(tmp_path):
    file = tmp_path / "verdict.json"
    good = document(all=compared(3, 1))
    file.write_text(json.dumps(good))
    assert read_verdict(file) == good
    for wrong in (
        {"split": 1},
        {"all": good["all"] | {"p": "0.1"}},
        {"all": good["all"] | {"interval": [0]}},
        {"all": good["all"] | {"samples": 0}},
        {"all": []},
        {"unseen": good["all"] | {"corrected": None}},
    ):
        file.write_text(json.dumps(good | wrong))
        with pytest.raises(RecordError):
            read_verdict(file)


def test_runs_that_differ_have_other_letters(predicted, tmp_path):
    labels = [0, 1, 2] * 40
    ids = [f"s{number:03}" for number in range(120)]
    folders = []
    for name, wrong in (("a", 0), ("b", 3), ("c", 60)):
        taken = [(label + (place < wrong)) % 3 for place, label in enumerate(labels)]
        folder = tmp_path / name
        folder.mkdir()
        write_predictions(folder / "predictions.parquet", predicted(ids, "test", labels, taken))
        folders.append(folder)
    assert tell_apart(folders, "test") == ["a", "a", "b"]
    assert tell_apart(folders, "val") is None
    assert tell_apart([*folders, tmp_path / "nowhere"], "test") is None
    other = predicted(ids[1:], "test", labels[1:], labels[1:])
    write_predictions(folders[0] / "predictions.parquet", other)
    assert tell_apart(folders, "test") is None
