from __future__ import annotations

import pytest
from torch import nn

from lfx.modalities.optimization import Optimization, learning_rate_factor, parameter_groups

RATES = Optimization(1e-4, 1e-3, weight_decay=0.1, warmup=0.1, decay="linear")


def test_weights_decay_and_biases_do_not() -> None:
    encoder = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 4))
    head = nn.Linear(4, 2)
    groups = parameter_groups(encoder, head, RATES)
    seen = [id(parameter) for group in groups for parameter in group["params"]]
    wanted = [id(parameter) for part in (encoder, head) for parameter in part.parameters()]
    assert sorted(seen) == sorted(wanted)
    for group in groups:
        for parameter in group["params"]:
            assert (parameter.ndim > 1) == (group["weight_decay"] == 0.1)
    assert {group["lr"] for group in groups} == {1e-4, 1e-3}
    head_group = [group for group in groups if group["lr"] == 1e-3]
    assert sum(len(group["params"]) for group in head_group) == 2


def test_what_is_frozen_is_in_no_group() -> None:
    encoder, head = nn.Linear(4, 4), nn.Linear(4, 2)
    encoder.requires_grad_(requires_grad=False)
    groups = parameter_groups(encoder, head, RATES)
    assert sum(len(group["params"]) for group in groups) == 2


@pytest.mark.parametrize(("decay", "end"), [("linear", 0.0), ("cosine", 0.0), ("constant", 1.0)])
def test_the_rate_rises_and_falls(decay: str, end: float) -> None:
    factor = learning_rate_factor(0.1, decay, 100)
    values = [factor(step) for step in range(101)]
    assert values[0] == pytest.approx(0.1)
    assert values[9] == values[10] == 1.0
    assert values[100] == pytest.approx(end)
    assert all(0 <= value <= 1 for value in values)
    assert values[:10] == sorted(values[:10])
    assert values[10:] == sorted(values[10:], reverse=True)


def test_no_warm_up_starts_at_the_peak() -> None:
    assert learning_rate_factor(0.0, "linear", 10)(0) == 1.0


def test_an_unknown_decay_is_refused() -> None:
    with pytest.raises(ValueError, match="linear, cosine or constant, got 'steps'"):
        learning_rate_factor(0.1, "steps", 10)
