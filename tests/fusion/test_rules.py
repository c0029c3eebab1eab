from __future__ import annotations

import pytest
import torch
from saying import lacking, same, skilled

from lfx.fusion.pools import linear_pool, logarithmic_pool, vote_pool
from lfx.fusion.rules import Pooled, PooledBySample
from lfx.fusion.weights import Weights


@pytest.mark.parametrize("pool", [linear_pool, logarithmic_pool, vote_pool])
def test_pooled_weights(pool):
    outputs = lacking(skilled(samples=5).outputs, (1, 2))
    weights = Weights("member", torch.tensor([0.5, 0.2, 0.3], dtype=torch.float64))
    rule = Pooled(weights, pool)
    want = pool(outputs.probabilities, weights, outputs.present)
    assert torch.equal(rule.combine(outputs), want)
    assert rule.document(outputs) == {"weights": [0.5, 0.2, 0.3], "per": "member"}


def test_pooled_weights_per_class():
    outputs = skilled(samples=5).outputs
    values = torch.tensor([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [0.25, 0.25, 0.5]])
    rule = Pooled(Weights("class", values))
    assert rule.document(outputs) == {"weights": values.tolist(), "per": "class"}
    want = linear_pool(outputs.probabilities, Weights("class", values))
    same(rule.combine(outputs), want)


def by_sample(values):
    return PooledBySample(lambda _: Weights("sample", torch.tensor(values, dtype=torch.float64)))


def test_weights_per_sample_are_told_as_shares_of_who_is_there():
    outputs = lacking(skilled(samples=3).outputs, (1, 1), (0, 2))
    rule = by_sample([[1, 2, 7], [1, 5, 0], [2, 6, 0]])
    document = rule.document(outputs)
    # Where those who are there have no weight, they share it equally, as the pool has it.
    assert document["weights"] == [[0.25, 0.25, 0.0], [0.25, 0.0, 0.5], [0.5, 0.75, 0.5]]
    assert (document["per"], "note" in document) == ("sample", False)
    told = Weights("sample", torch.tensor(document["weights"], dtype=torch.float64))
    same(rule.combine(outputs), linear_pool(outputs.probabilities, told, outputs.present))


def test_a_member_without_weight_on_any_sample_is_named():
    outputs = skilled(samples=2).outputs
    document = by_sample([[1, 2], [0, 0], [1, 0]]).document(outputs)
    assert document["note"] == "no weight on any sample: m1"
    # A member that has none of the samples is another matter.
    document = by_sample([[1, 2], [0, 0], [1, 0]]).document(lacking(outputs, (1, 0), (1, 1)))
    assert "note" not in document


def test_weights_follow_from_what_is_said():
    seen = []

    def weigh(outputs):
        seen.append(outputs)
        return Weights("sample", outputs.probabilities.amax(dim=2))

    outputs = skilled(samples=4).outputs
    got = PooledBySample(weigh, logarithmic_pool).combine(outputs)
    assert seen == [outputs]
    exponents = outputs.probabilities.amax(dim=2, keepdim=True)
    exponents = exponents / exponents.sum(dim=0)
    want = (outputs.probabilities**exponents).prod(dim=0)
    same(got, want / want.sum(dim=1, keepdim=True))
