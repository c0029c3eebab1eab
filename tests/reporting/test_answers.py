"""Models and late fusions where samples lack content: pure functions."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lfx.fusion.pools import linear_pool
from lfx.fusion.weights import Weights
from lfx.reporting.answers import Answers, Model, WeightedMean, score_with_fallback

NOBODY, EVERYBODY = np.zeros(4, dtype=bool), np.ones(4, dtype=bool)
TAKEN = np.array([True, False, False, True])


def answers(seed, given=EVERYBODY):
    odds = np.random.default_rng(seed).dirichlet([1, 1, 1], size=4)
    odds[~given] = 1 / 3
    return Answers(odds, given)


@pytest.fixture
def text():
    return Model("text", answers(0), {"text": answers(1, NOBODY)})


@pytest.fixture
def joint():
    return Model("joint", answers(2), {"text": answers(3), "image": answers(4)})


def test_a_model_says_of_samples_without_a_column_what_it_says_without_it(joint):
    said = joint.answers("text", TAKEN)
    for sample, taken in enumerate(TAKEN):
        source = joint.without["text"] if taken else joint.complete
        assert (said.probabilities[sample] == source.probabilities[sample]).all()
    assert said.given.all()


def test_who_does_not_read_a_column_does_not_lack_it(text):
    assert text.answers("image", EVERYBODY) is text.complete
    assert text.answers("text", TAKEN).given.tolist() == (~TAKEN).tolist()


def test_the_weight_of_who_says_nothing_goes_to_the_others(text, joint):
    weights = Weights("member", torch.tensor([0.2, 0.8], dtype=torch.float64))
    said = WeightedMean("mean", [joint, text], weights).answers("text", TAKEN)
    members = [joint.answers("text", TAKEN), text.answers("text", TAKEN)]
    for sample, taken in enumerate(TAKEN):
        parts = [member.probabilities[sample] for member in members]
        expected = parts[0] if taken else 0.2 * parts[0] + 0.8 * parts[1]
        assert said.probabilities[sample] == pytest.approx(expected)
    pooled = linear_pool(
        torch.tensor(np.stack([one.probabilities for one in members])),
        weights,
        torch.tensor(np.stack([one.given for one in members])),
    )
    assert said.probabilities == pytest.approx(pooled.numpy())


def test_where_nobody_says_anything_there_is_no_answer(text):
    weights = Weights("member", torch.ones(1, dtype=torch.float64))
    alone = WeightedMean("mean", [text], weights).answers("text", TAKEN)
    assert alone.given.tolist() == (~TAKEN).tolist()


def test_where_there_is_no_answer_the_most_frequent_class_stands():
    odds = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]])
    labels = np.array([0, 1, 1, 0])
    said = Answers(odds, np.array([True, False, True, False]))
    assert score_with_fallback(said, labels, 1)["accuracy"] == 0.75
    assert score_with_fallback(said, labels, 0)["accuracy"] == 0.75
    assert score_with_fallback(Answers(odds, NOBODY), labels, 1)["accuracy"] == 0.5
    assert score_with_fallback(Answers(odds, EVERYBODY), labels, 1)["accuracy"] == 0.5


def test_logits_are_put_in_the_order_of_all_samples():
    logits = np.log(np.array([[0.7, 0.3], [0.2, 0.8]], dtype=np.float32))
    said = Answers.of(["c", "a"], logits, ["a", "b", "c"])
    assert said.given.tolist() == [True, False, True]
    assert said.probabilities == pytest.approx(np.array([[0.2, 0.8], [0.5, 0.5], [0.7, 0.3]]))
