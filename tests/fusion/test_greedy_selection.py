from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from saying import draw_fit, fit_of, same, skilled
from sklearn.metrics import accuracy_score, f1_score

from lfx.fusion.schemes.greedy_selection import GreedySelection
from lfx.runtime.errors import ConfigError

METRICS = ("accuracy", "f1_weighted", "f1_macro", "log_loss")


def judge(metric, said, labels):
    """Score fused probabilities: what is to become best, then the log-likelihood."""
    likelihood = float(np.mean(np.log(said[range(len(labels)), labels])))
    if metric == "log_loss":
        return likelihood, 0.0
    guess = said.argmax(axis=1)
    if metric == "accuracy":
        return accuracy_score(labels, guess), likelihood
    every = {"labels": range(said.shape[1]), "zero_division": 0}
    return f1_score(labels, guess, average=metric.removeprefix("f1_"), **every), likelihood


def better(one, two):
    """Compare as people do: what differs by rounding is equal."""
    for mine, theirs in zip(one, two, strict=True):
        if not math.isclose(mine, theirs, rel_tol=1e-11, abs_tol=1e-12):
            return mine > theirs
    return False


def naive_selection(metric, said, labels, library, rounds):
    """Follow Caruana et al. (2004) in plain Python: with replacement, best ensemble on the way."""
    ensemble, best, best_score = [], None, (-math.inf, -math.inf)
    for _ in range(rounds):
        added, added_score = None, (-math.inf, -math.inf)
        for member in library:
            fused = np.mean([said[one] for one in [*ensemble, member]], axis=0)
            score = judge(metric, fused, labels)
            if better(score, added_score):
                added, added_score = member, score
        ensemble.append(added)
        if better(added_score, best_score):
            best, best_score = list(ensemble), added_score
    return [best.count(member) / len(best) for member in range(len(said))]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("seed", range(4))
def test_like_a_naive_loop(metric, seed):
    fit = draw_fit(seed, members=2 + seed, samples=20, classes=2 + seed % 2, skill=0.6)
    said, labels = fit.probabilities.numpy(), fit.labels.numpy()
    want = naive_selection(metric, said, labels, range(len(said)), 9)
    got = GreedySelection(metric, rounds=9, bags=1, fraction=1.0).fit(fit)
    assert got.per == "member"
    assert got.values.tolist() == pytest.approx(want)


@pytest.mark.parametrize("metric", METRICS)
def test_bags_are_averaged(metric):
    fit = draw_fit(5, members=5, samples=20, skill=0.6)
    said, labels = fit.probabilities.numpy(), fit.labels.numpy()
    draws = np.random.default_rng(fit.seed)
    wants = []
    for _ in range(6):
        library = sorted(draws.choice(5, size=3, replace=False).tolist())
        wants.append(naive_selection(metric, said, labels, library, 5))
    got = GreedySelection(metric, rounds=5, bags=6, fraction=0.6).fit(fit).values.tolist()
    assert got == pytest.approx(np.mean(wants, axis=0).tolist())


def test_a_bag_holds_two_members_at_least():
    # Of one member each, bags would weigh members by how often they are drawn, good or bad.
    fit = skilled(members=2, skill=3.0)
    said = fit.probabilities.clone()
    said[1] = said[1].roll(1, dims=1)
    got = GreedySelection(fraction=0.01, bags=5).fit(fit_of(said, fit.labels)).values
    assert got.tolist() == [1, 0]


def test_a_useless_member_gets_nothing_and_equals_go_by_name():
    fit = skilled(skill=3.0)
    said = fit.probabilities.clone()
    said[2] = said[2].roll(1, dims=1)
    said[1] = said[0]
    for metric in METRICS:
        scheme = GreedySelection(metric, rounds=5, bags=1, fraction=1.0)
        assert scheme.fit(fit_of(said, fit.labels)).values.tolist() == [1, 0, 0]


def test_log_loss_decides_between_ensembles_that_score_the_same():
    # Both are always right, the second more surely so.
    labels = torch.tensor([0, 1, 0, 1])
    eye = torch.eye(2, dtype=torch.float64)[labels]
    said = torch.stack([0.2 + 0.6 * eye, 0.1 + 0.8 * eye])
    got = GreedySelection("accuracy", rounds=3, bags=1, fraction=1.0).fit(fit_of(said, labels))
    assert got.values.tolist() == [0, 1]


def test_the_best_ensemble_on_the_way_counts_not_the_last():
    # More rounds than are of use: what is selected is never worse on the fit split.
    fit = draw_fit(7, members=4, samples=30, skill=0.8)
    losses = []
    for rounds in (1, 2, 4, 8, 16):
        scheme = GreedySelection("log_loss", rounds=rounds, bags=1, fraction=1.0)
        weights = scheme.fit(fit).values
        fused = (weights[:, None, None] * fit.probabilities).sum(dim=0)
        losses.append(-fused[range(30), fit.labels].log().mean().item())
    assert losses == sorted(losses, reverse=True)
    singles = [-said[range(30), fit.labels].log().mean().item() for said in fit.probabilities]
    assert losses[0] == pytest.approx(min(singles))


def test_the_seed_draws_the_bags():
    fit = draw_fit(5, members=6, samples=30, skill=0.6)
    scheme = GreedySelection("log_loss", rounds=4, bags=2)
    other = fit_of(fit.probabilities, fit.labels, seed=1)
    same(scheme.fit(fit).values, scheme.fit(fit).values)
    assert not torch.allclose(scheme.fit(fit).values, scheme.fit(other).values)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "nll"}, "metric: allowed are accuracy, .*, log_loss; got 'nll'"),
        ({"rounds": 0}, "rounds must be at least 1, got 0"),
        ({"bags": 0}, "bags must be at least 1, got 0"),
        ({"fraction": 0.0}, r"fraction must be above 0 and at most 1, got 0\.0"),
        ({"fraction": 1.5}, r"fraction must be above 0 and at most 1, got 1\.5"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(ConfigError, match=message):
        GreedySelection(**options)
