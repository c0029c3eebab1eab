from __future__ import annotations

import pytest
from torch import nn

from lfx.models.heads import LinearHead, MlpHead
from lfx.runtime.errors import ConfigError


def test_a_linear_head_is_one_layer():
    module = LinearHead().build(5, 3)
    assert isinstance(module, nn.Linear)
    assert (module.in_features, module.out_features) == (5, 3)


def test_the_published_head_has_a_hidden_layer():
    module = MlpHead(hidden=7).build(5, 3)
    assert [type(part) for part in module] == [nn.Linear, nn.ReLU, nn.Linear]
    widths = [(part.in_features, part.out_features) for part in module if hasattr(part, "bias")]
    assert widths == [(5, 7), (7, 3)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, got 1"),
        ({"dropout": float("nan")}, "dropout: a finite number is needed"),
        ({"dropout": True}, "dropout must be a number, got True"),
        ({"l2": -0.1}, "l2 must be at least 0, got -0.1"),
        ({"hidden": 0}, "hidden must be at least 1, got 0"),
        ({"hidden": "64"}, "hidden must be an integer, got '64'"),
    ],
)
def test_what_is_no_setting_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        MlpHead(**settings)


def test_a_linear_head_has_no_hidden_layer():
    with pytest.raises(TypeError, match="hidden"):
        LinearHead(hidden=3)
