from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import roc_auc_score

from lfx.evaluation import resampling, summed_scores
from lfx.evaluation.auroc import weighted_auroc
from lfx.evaluation.bca import bca_interval
from lfx.evaluation.metrics import evaluate
from lfx.evaluation.resampling import RANK_RESAMPLES, resample
from lfx.evaluation.scores import SCORES, Score, register_score
from lfx.evaluation.shared_samples import SharedSamples
from lfx.evaluation.uncertainty import score_intervals

CLASSES = ("a", "b", "c")


def make(seed, samples=120, size=1, members=2, signal=1.0):
    """Members' logits are noise, shared within a group, with the label's raised."""
    chance = np.random.default_rng(seed)
    groups = np.arange(samples) // size
    labels = chance.integers(0, 3, groups.max() + 1)[groups]
    logits = chance.normal(size=(members, groups.max() + 1, 3))[:, groups]
    logits += 0.3 * chance.normal(size=logits.shape)
    logits[:, np.arange(samples), labels] += signal
    shares = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    return SharedSamples.of([f"m{n}" for n in range(members)], CLASSES, shares, labels, groups)


def rows_of(samples, weights):
    return np.repeat(np.arange(len(samples.labels)), weights[samples.groups])


@pytest.mark.parametrize("size", [1, 3])
def test_each_resample_has_the_scores_of_its_rows(size, monkeypatch):
    samples = make(0, samples=60, size=size)
    weightings = []

    def remembered(*arguments):
        for weights in draws(*arguments):
            weightings.append(weights)
            yield weights

    draws = resampling._draws
    monkeypatch.setattr(resampling, "_draws", remembered)
    summed = [key for key, score in SCORES.items() if score.of_probabilities is None]
    found = resample(samples, summed, resamples=5)
    (weights,) = weightings
    for number, counts in enumerate(weights.long().numpy()):
        rows = rows_of(samples, counts)
        for member, probabilities in enumerate(samples.probabilities):
            scores = evaluate(
                torch.from_numpy(probabilities[rows]), torch.from_numpy(samples.labels[rows]), "abc"
            )
            for key in set(summed) - {"ece_adaptive"}:  # its bins stay those of all samples
                assert float(found[key].drawn[member, number]) == pytest.approx(scores[key]), key
    scores = evaluate(
        torch.from_numpy(samples.probabilities[1]), torch.from_numpy(samples.labels), "abc"
    )
    for key in summed:
        assert float(found[key].values[1]) == pytest.approx(scores[key])


def test_scores_without_a_group_are_of_the_other_rows():
    samples = make(1, samples=30, size=3)
    left_out = resample(samples, ["f1_macro", "auroc_macro"], resamples=2)
    assert left_out["f1_macro"].left_out.shape == (2, 10)
    for group in range(10):
        rows = samples.groups != group
        scores = evaluate(
            torch.from_numpy(samples.probabilities[0, rows]),
            torch.from_numpy(samples.labels[rows]),
            "abc",
        )
        for key, of_score in left_out.items():
            assert float(of_score.left_out[0, group]) == pytest.approx(scores[key])


def test_ranks_of_resamples_like_scikit_learn():
    samples = make(2, samples=80)
    rounded = samples.probabilities[0].round(1) + 1e-9  # with ties
    rounded /= rounded.sum(axis=1, keepdims=True)
    weights = np.random.default_rng(0).multinomial(80, np.full(80, 1 / 80), size=6)
    areas = weighted_auroc(
        torch.from_numpy(rounded), torch.from_numpy(samples.labels), torch.from_numpy(weights.T)
    )
    for counts, area in zip(weights, areas.tolist(), strict=True):
        rows = np.repeat(np.arange(80), counts)
        want = np.mean(
            [roc_auc_score(samples.labels[rows] == one, rounded[rows, one]) for one in range(3)]
        )
        assert area == pytest.approx(want)


def test_a_score_from_outside_takes_a_call_for_each_resample():
    def share_of_first(_, labels):
        return float((labels == 0).double().mean()) if len(labels) else None

    samples = make(3, samples=50)
    with register_score(Score("first", "first", of_probabilities=share_of_first)):
        found = resample(samples, ["first"])["first"]
    assert found.drawn.shape == (2, RANK_RESAMPLES)
    share = (samples.labels == 0).mean()
    assert float(found.values[0]) == share
    low, high = found.interval(0)
    want = 1.96 * np.sqrt(share * (1 - share) / 50)
    assert (low, high) == pytest.approx((share - want, share + want), abs=0.03)


def test_intervals_like_scipy():
    samples = make(4, samples=90)
    right = samples.right[0].astype(float)
    low, high = resample(samples, ["accuracy"], resamples=20_000)["accuracy"].interval(0)
    want = stats.bootstrap(
        (right,), np.mean, method="BCa", n_resamples=20_000, rng=np.random.default_rng(0)
    ).confidence_interval
    # Ours are wider by what few groups need: t in place of z, and n - 1 in place of n.
    wider = stats.t.ppf(0.975, 89) / stats.norm.ppf(0.975) * np.sqrt(90 / 89)
    assert high - low == pytest.approx((want.high - want.low) * wider, abs=0.012)
    assert (low + high) / 2 == pytest.approx((want.high + want.low) / 2, abs=0.012)


def test_a_skewed_statistic_like_scipy():
    chance = np.random.default_rng(3)
    values = chance.exponential(size=400)
    drawn = values[chance.integers(0, 400, (20_000, 400))].mean(axis=1)
    low, high = bca_interval(values.mean(), drawn, (values.sum() - values) / 399, 400)
    want = stats.bootstrap(
        (values,), np.mean, method="BCa", n_resamples=20_000, rng=np.random.default_rng(0)
    ).confidence_interval
    assert (low, high) == pytest.approx(tuple(want), abs=0.01)


@pytest.mark.parametrize("size", [1, 5])
def test_intervals_hold_the_truth_as_often_as_they_say(size):
    keys = ["f1_weighted", "nll"]
    everything = make(10**6, samples=200_000, size=size, signal=1.2)
    truth = resample(everything, keys, resamples=2)
    held = {(key, kind): 0 for key in keys for kind in ("score", "difference")}
    trials = 300
    for seed in range(trials):
        found = resample(make(seed, 300, size, signal=1.2), keys, resamples=800, seed=seed)
        for key in keys:
            low, high = found[key].interval(0)
            held[key, "score"] += low <= float(truth[key].values[0]) <= high
            low, high = found[key].difference(1, 0)
            held[key, "difference"] += low <= 0 <= high
    error = np.sqrt(0.95 * 0.05 / trials)
    for kind, count in held.items():
        assert abs(count / trials - 0.95) < 2.5 * error, kind


def test_groups_that_are_ignored_make_intervals_too_narrow():
    grouped = make(7, samples=300, size=5)
    ignored = SharedSamples.of(grouped.names, CLASSES, grouped.probabilities, grouped.labels)
    widths = []
    for samples in (grouped, ignored):
        low, high = resample(samples, ["accuracy"], resamples=2000)["accuracy"].interval(0)
        widths.append(high - low)
    assert widths[0] > 1.5 * widths[1]


def test_many_groups_are_drawn_in_blocks(monkeypatch):
    samples = make(8, samples=400)
    one = resample(samples, ["accuracy"])["accuracy"].interval(0)
    monkeypatch.setattr(resampling, "MOST_GROUPS", 100)
    monkeypatch.setattr(resampling, "BLOCKS", 100)
    other = resample(samples, ["accuracy"])["accuracy"].interval(0)
    assert other == pytest.approx(one, abs=0.02)


def test_more_samples_than_a_rank_score_can_take_have_no_interval_of_it(monkeypatch):
    monkeypatch.setattr(resampling, "MOST_RANKED", 39)
    (intervals,) = score_intervals(make(9, samples=40, members=1), ["accuracy", "auroc_macro"])
    assert list(intervals) == ["accuracy"]


def test_samples_are_summed_part_by_part(monkeypatch):
    samples, keys = make(9, samples=40), ["nll", "ece", "ece_adaptive", "ece_classwise"]
    one = resample(samples, keys, resamples=50)
    monkeypatch.setattr(summed_scores, "_ROWS_AT_ONCE", 7)
    again = resample(samples, keys, resamples=50)
    for key in keys:
        torch.testing.assert_close(one[key].drawn, again[key].drawn)


def test_draws_do_not_depend_on_how_many_are_made_at_once(monkeypatch):
    samples = make(9, samples=40)
    keys = ["accuracy", "auroc_macro"]
    one = resample(samples, keys, resamples=50)
    monkeypatch.setattr(resampling, "_NUMBERS_AT_ONCE", 7 * 40)
    again = resample(samples, keys, resamples=50)
    for key in keys:
        assert torch.equal(one[key].drawn, again[key].drawn)


def test_one_group_has_no_interval():
    samples = SharedSamples.of(["m"], CLASSES, [np.eye(3)], [0, 1, 2], ["g", "g", "g"])
    found = resample(samples, ["accuracy"], resamples=10)["accuracy"]
    assert found.interval(0) is None
    assert float(found.values[0]) == 1


def test_what_are_no_samples_is_refused():
    with pytest.raises(ValueError, match="there are no labelled samples"):
        SharedSamples.of(["m"], CLASSES, np.zeros((1, 0, 3)), [])
    with pytest.raises(ValueError, match=r"must be \(models, samples, classes\), here \(1, 2, 3\)"):
        SharedSamples.of(["m"], CLASSES, [np.eye(3)], [0, 1])
