from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from lfx.evaluation.intervals import bootstrap_f1, wilson


@pytest.mark.parametrize(("right", "samples"), [(0, 5), (5, 5), (305, 407), (1, 1), (81, 263)])
@pytest.mark.parametrize(("level", "z"), [(0.95, 1.959963984540054), (0.9, 1.6448536269514722)])
def test_wilson_like_its_formula(right, samples, level, z):
    share = right / samples
    centre = (share + z**2 / (2 * samples)) / (1 + z**2 / samples)
    spread = z * np.sqrt(share * (1 - share) / samples + z**2 / (4 * samples**2))
    spread /= 1 + z**2 / samples
    low, high = wilson(right, samples, level)
    assert (low, high) == pytest.approx((max(0, centre - spread), min(1, centre + spread)))


def test_wilson_of_a_published_example():
    # Newcombe, Statistics in Medicine 1998, table I: 81 of 263.
    low, high = wilson(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def draw(seed, samples=200, classes=3):
    chance = np.random.default_rng(seed)
    labels = chance.choice(classes, size=samples, p=[0.3, 0.1, 0.6])
    wrong = chance.integers(0, classes, size=samples)
    return labels, np.where(chance.random(samples) < 0.6, labels, wrong)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_bootstrap_like_drawing_samples(average):
    labels, predicted = draw(0)
    chance = np.random.default_rng(5)
    scores = []
    for _ in range(2000):
        rows = chance.integers(0, len(labels), size=len(labels))
        own = {"labels": range(3), "average": average, "zero_division": 0}
        scores.append(f1_score(labels[rows], predicted[rows], **own))
    want = np.quantile(scores, [0.025, 0.975])
    got = bootstrap_f1(labels, predicted, 3, average=average)
    np.testing.assert_allclose(got, want, atol=0.01)


def test_it_holds_the_true_score_as_often_as_it_says():
    labels, predicted = draw(1, samples=200_000)
    truth = f1_score(labels, predicted, average="weighted")
    held = 0
    for seed in range(200):
        low, high = bootstrap_f1(*draw(100 + seed, samples=300), 3, resamples=1000, seed=seed)
        held += low <= truth <= high
    assert 0.9 <= held / 200 <= 0.985


def test_the_seed_alone_decides():
    labels, predicted = draw(2)
    one, again, other = (bootstrap_f1(labels, predicted, 3, seed=seed) for seed in (0, 0, 1))
    assert one == again != other


def test_perfect_predictions_and_a_class_that_never_occurs():
    labels = np.array([0, 1] * 20)
    assert bootstrap_f1(labels, labels, 2) == (1, 1)
    low, high = bootstrap_f1(labels, labels, 3, average="macro")
    assert (low, high) == pytest.approx((2 / 3, 2 / 3))


@pytest.mark.parametrize(
    ("labels", "predicted", "average", "message"),
    [
        ([0, 1], [0], "macro", r"one or more; got \(2,\) and \(1,\)"),
        ([], [], "macro", r"one or more; got \(0,\) and \(0,\)"),
        ([0], [0], "micro", "average: allowed are macro, weighted; got 'micro'"),
    ],
)
def test_what_has_no_interval(labels, predicted, average, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_f1(np.array(labels, int), np.array(predicted, int), 3, average=average)


def test_no_samples_have_no_accuracy():
    with pytest.raises(ValueError, match="n must be an integer not less than 1"):
        wilson(0, 0)


def test_labels_of_an_artifact_are_small_integers():
    labels = np.arange(200, dtype=np.int16)
    assert bootstrap_f1(labels, labels, 200, resamples=20) == bootstrap_f1(
        labels.astype(np.int64), labels, 200, resamples=20
    )
