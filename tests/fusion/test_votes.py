from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from saying import draw_fit, fit_of, rule_of, same
from voting import voting_classifier

from lfx.fusion.pools import vote_pool
from lfx.fusion.schemes.vote import MajorityVote, WeightedVote
from lfx.fusion.weights import Weights

few = settings(max_examples=25, deadline=None)
SIZES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "members": st.integers(1, 6),
        "samples": st.integers(1, 12),
        "classes": st.integers(2, 4),
    }
)


def naive_vote(probabilities, weights):
    """Count votes in plain Python; give the winners, and which samples were tied."""
    winners, ties = [], []
    for said in probabilities.transpose(0, 1).tolist():
        ballots = [row.index(max(row)) for row in said]
        votes = [
            sum(weight for ballot, weight in zip(ballots, weights, strict=True) if ballot == place)
            for place in range(len(said[0]))
        ]
        leading = [place for place, count in enumerate(votes) if count > max(votes) - 1e-9]
        means = [
            sum(weight * row[place] for row, weight in zip(said, weights, strict=True))
            for place in range(len(votes))
        ]
        winners.append(max(leading, key=means.__getitem__))
        ties.append(len(leading) > 1)
    return winners, ties


@few
@given(sizes=SIZES)
def test_majority_vote_like_hard_voting(sizes):
    fit = draw_fit(**sizes)
    got = rule_of(MajorityVote(), fit).combine(fit.outputs).argmax(dim=1).tolist()
    winners, ties = naive_vote(fit.probabilities, [1] * sizes["members"])
    assert got == winners
    # scikit-learn lets the first class win a tie.
    model, samples = voting_classifier(fit.probabilities, None, "hard")
    for ours, theirs, tied in zip(got, model.predict(samples).tolist(), ties, strict=True):
        assert tied or ours == theirs


@few
@given(sizes=SIZES, equal=st.booleans())
def test_weighted_vote_like_hard_voting(sizes, equal):
    fit = draw_fit(**sizes)
    members = sizes["members"]
    weights = np.random.default_rng(sizes["seed"]).dirichlet(np.ones(members)).tolist()
    if equal:
        weights = [1 / members] * members
    scheme = WeightedVote(dict(zip(fit.members, weights, strict=True)))
    got = rule_of(scheme, fit).combine(fit.outputs).argmax(dim=1).tolist()
    winners, ties = naive_vote(fit.probabilities, weights)
    assert got == winners
    model, samples = voting_classifier(fit.probabilities, weights, "hard")
    for ours, theirs, tied in zip(got, model.predict(samples).tolist(), ties, strict=True):
        assert tied or ours == theirs


def test_scores_are_shares_of_votes():
    said = torch.tensor(
        [[[0.4, 0.3, 0.3]], [[0.1, 0.1, 0.8]], [[0.9, 0.1, 0.0]]], dtype=torch.float64
    )
    fit = fit_of(said, torch.tensor([0]))
    same(
        rule_of(MajorityVote(), fit).combine(fit.outputs),
        torch.tensor([[2 / 3, 0, 1 / 3]], dtype=torch.float64),
    )
    scheme = WeightedVote({"m0": 0.2, "m1": 0.7, "m2": 0.1})
    same(
        rule_of(scheme, fit).combine(fit.outputs),
        torch.tensor([[0.3, 0, 0.7]], dtype=torch.float64),
    )


def test_the_mean_decides_between_two_members_that_disagree():
    said = torch.tensor([[[0.6, 0.4, 0.0]], [[0.2, 0.5, 0.3]]], dtype=torch.float64)
    fit = fit_of(said, torch.tensor([0]))
    got = rule_of(MajorityVote(), fit).combine(fit.outputs)
    assert got.argmax(dim=1).item() == 1
    assert got[0, 2].item() == 0
    # By a thousandth of a vote, so that scores stay shares of votes.
    assert got[0, 1].item() - got[0, 0].item() == pytest.approx(1e-3, rel=1e-2)


def test_the_mean_does_not_help_a_class_that_was_outvoted():
    # Class 2 has the highest mean and one vote; classes 0 and 1 have two votes each.
    rows = [[0.4, 0.2, 0.4 - 1e-3], [0.4, 0.2, 0.4 - 1e-3], [0.2, 0.4, 0.4 - 1e-3]]
    rows += [[0.1, 0.46, 0.44], [0.0, 0.0, 1.0]]
    said = torch.tensor(rows, dtype=torch.float64)[:, None]
    said = said / said.sum(dim=2, keepdim=True)
    assert said.mean(dim=0).argmax().item() == 2
    got = vote_pool(said, Weights("member", torch.ones(5, dtype=torch.float64)))
    assert got.argmax().item() == 1
    assert got[0, 2] == got.min()


def test_sums_of_the_same_weights_are_tied():
    # 0.1 + 0.7 against 0.8: a tie on paper, which the mean decides; in floats it is none.
    said = torch.tensor([[[0.9, 0.1]], [[0.9, 0.1]], [[0.45, 0.55]]], dtype=torch.float64)
    weights = torch.tensor([0.1, 0.7, 0.8], dtype=torch.float64)
    shares = weights / weights.max() / (weights / weights.max()).sum()
    assert shares[0] + shares[1] < shares[2]
    assert vote_pool(said, Weights("member", weights)).argmax().item() == 0


def test_float32_keeps_the_winner_of_a_tie():
    logits = torch.tensor([[[15.0, 0, 0]], [[0, 17.0, 0]]], dtype=torch.float64)
    said = torch.softmax(logits, dim=2)
    got = vote_pool(said, Weights("member", torch.ones(2, dtype=torch.float64)))
    assert said.mean(dim=0).argmax().item() == 1
    assert got.to(torch.float32).argmax().item() == 1
