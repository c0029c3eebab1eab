from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lfx.evaluation.mcnemar import PairedAccuracy
from lfx.evaluation.repeated import corrected_resampled_t
from lfx.reporting.study_verdict import MOST_SENTENCES, fusion_verdicts
from lfx.reporting.train_counts import train_samples
from lfx.runs.find import Run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def fused(tmp_path: Path):
    """Leave a fusion that corrects and corrupts so many of 400 test samples."""

    def leave(name: str, corrected: int, corrupted: int, seed: int = 0) -> Run:
        folder = tmp_path / f"{name}_{seed}"
        folder.mkdir()
        before, after = np.zeros(400, bool), np.zeros(400, bool)
        after[:corrected] = True
        before[corrected : corrected + corrupted] = True
        compared = PairedAccuracy.of(before, after, np.arange(400)).document()
        document = {"split": "test", "against": "text", "chosen_on": "val", "all": compared}
        (folder / "verdict.json").write_text(json.dumps(document))
        return Run(folder, "fuse", "demo", name, "image + text", seed, str(seed), {}, kind=name)

    return leave


@pytest.fixture
def trained(tmp_path: Path) -> Run:
    (tmp_path / "classes.csv").write_text("split,class,samples,share\ntrain,a,3200,1\n")
    return Run(tmp_path, "train", "demo", "text", "tiny", 0, "0", {})


def test_each_fusion_has_a_sentence_and_all_have_one(fused) -> None:
    runs = [fused("mean", 30, 5), fused("max", 9, 7), fused("product", 0, 20)]
    *of_each, of_all = fusion_verdicts(runs)
    relations = ["is better than", "cannot be told apart from", "is worse than"]
    assert len(of_each) == 3
    for sentence, relation in zip(of_each, relations, strict=True):
        assert relation in sentence
    assert of_all.startswith("of 3 fusions, 1 are better than their best member and 1 worse")


def test_many_fusions_have_one_sentence_on_all(fused) -> None:
    sentences = fusion_verdicts([fused(f"scheme_{number}", 5, 5) for number in range(9)])
    assert len(sentences) == MOST_SENTENCES + 1
    assert sentences[-1].startswith("of 9 fusions, 0 are better")


def test_seeds_are_compared_one_by_one(fused, trained: Run) -> None:
    gains = [(12, 4), (10, 5), (14, 3)]
    runs = [fused("mean", *both, seed=seed) for seed, both in enumerate(gains)]
    assert fusion_verdicts(runs) == []  # nobody knows the number of training samples
    (sentence,) = fusion_verdicts([trained, *runs])
    found = corrected_resampled_t([8 / 400, 5 / 400, 11 / 400], 400 / 3200)
    assert sentence.startswith("mean over 3 seeds cannot be told apart from text")
    assert 0.05 < found.p < 0.07
    assert f"{found.mean:+.3f} ± {found.spread:.3f} accuracy on test" in sentence
    assert "corrected resampled t-test" in sentence


def test_what_is_no_verdict_is_passed_over(fused, trained: Run) -> None:
    one = fused("mean", 3, 1)
    (one.folder / "verdict.json").write_text("{}")
    assert fusion_verdicts([trained, one]) == []
    (trained.folder / "classes.csv").write_text("split\ntrain\n")
    assert train_samples([trained, one]) is None
