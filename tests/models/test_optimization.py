from __future__ import annotations

import pytest
import torch
from torch import nn

from lfx.models.optimization import (
    AdamW,
    Objective,
    Schedule,
    learning_rate_factor,
    parameter_groups,
)
from lfx.runtime.errors import ConfigError

RATES = AdamW(learning_rate=1e-4, head_learning_rate=1e-3, weight_decay=0.1)


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


def test_the_heads_rate_is_the_encoders_unless_it_has_one() -> None:
    groups = parameter_groups(nn.Linear(4, 4), nn.Linear(4, 2), AdamW(learning_rate=1e-4))
    assert {group["lr"] for group in groups} == {1e-4}


def test_adamw_keeps_each_groups_own_rate_and_decay() -> None:
    groups = parameter_groups(nn.Linear(4, 4), nn.Linear(4, 2), RATES)
    optimizer = RATES.build(groups)
    assert type(optimizer) is torch.optim.AdamW
    assert [(one["lr"], one["weight_decay"]) for one in optimizer.param_groups] == [
        (1e-4, 0.1),
        (1e-4, 0.0),
        (1e-3, 0.1),
        (1e-3, 0.0),
    ]
    assert all(one["fused"] for one in optimizer.param_groups)


def test_balanced_weights_make_classes_count_the_same() -> None:
    counts = [10, 30, 60]
    weights = Objective(class_weights="balanced").weights(counts)
    assert weights is not None
    products = [weight * count for weight, count in zip(weights, counts, strict=True)]
    assert products == pytest.approx([100 / 3] * 3)
    assert Objective().weights(counts) is None


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (AdamW, {"learning_rate": 0.0}, "learning_rate must be above 0, got 0"),
        (AdamW, {"head_learning_rate": -1.0}, "head_learning_rate must be above 0, got -1"),
        (AdamW, {"weight_decay": -0.1}, "weight_decay must be at least 0"),
        (AdamW, {"clip_norm": 0.0}, "clip_norm must be above 0"),
        (Schedule, {"warmup": 1.5}, "warmup must be at least 0 and at most 1"),
        (Schedule, {"decay": "steps"}, "decay: allowed are linear, cosine, constant; got 'steps'"),
        (Objective, {"label_smoothing": 1.0}, "label_smoothing must be at least 0 and below 1"),
        (Objective, {"class_weights": "some"}, "class_weights: allowed are none, balanced"),
    ],
)
def test_what_is_no_setting_is_refused(kind, settings, message) -> None:
    with pytest.raises(ConfigError, match=message):
        kind(**settings)
