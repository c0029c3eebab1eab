from __future__ import annotations

import numpy as np
import pytest

import lfx.artifacts.members
from lfx.artifacts.members import join_files
from lfx.artifacts.parquet import write_predictions
from lfx.artifacts.suspicious_logits import look_like_probabilities


def of(make, logits):
    classes = tuple(f"c{number}" for number in range(logits.shape[1]))
    rows = [(f"s{row}", "val", None, 0) for row in range(len(logits))]
    return make(rows, logits=logits, classes=classes)


def softmax(logits):
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 3, 50])
def test_probabilities_are_told_from_logits(make, classes):
    logits = np.random.default_rng(0).normal(scale=2, size=(200, classes)).astype(np.float32)
    chances = softmax(logits)
    assert look_like_probabilities(of(make, chances))
    assert look_like_probabilities(of(make, np.eye(classes)[logits.argmax(axis=1)]))
    odd = chances.copy()
    odd[7] = 0  # one row that is no distribution
    assert look_like_probabilities(of(make, odd))
    for other in (logits, np.log(chances), logits / 20, chances * 100, chances - 0.5, 0 * chances):
        assert not look_like_probabilities(of(make, other))


def test_rounded_to_three_decimals(make):
    chances = softmax(np.random.default_rng(1).normal(size=(200, 3)))
    assert look_like_probabilities(of(make, chances.round(3)))


def test_scores_of_each_class_by_itself_are_no_distribution(make):
    sigmoids = np.random.default_rng(2).uniform(size=(200, 2))
    assert not look_like_probabilities(of(make, sigmoids))


def test_a_member_is_warned_of_once_and_not_converted(make, tmp_path, caplog):
    logits = np.random.default_rng(3).normal(size=(20, 3)).astype(np.float32)
    chances = softmax(logits).astype(np.float32)
    files = {}
    for name, scores in (("mine", chances), ("image", logits)):
        files[name] = str(tmp_path / f"{name}.parquet")
        write_predictions(tmp_path / f"{name}.parquet", of(make, scores))
    lfx.artifacts.members._joined.cache_clear()
    joined = join_files(files)
    join_files(files)
    warned = [record.getMessage() for record in caplog.records if "np.log" in record.getMessage()]
    assert len(warned) == 1
    assert warned[0].startswith("member mine: its logits are in 0..1 and sum to 1")
    place = joined.names.index("mine")
    assert sorted(joined.logits[place].ravel()) == sorted(chances.ravel())
