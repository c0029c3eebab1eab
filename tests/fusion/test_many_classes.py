from __future__ import annotations

import numpy as np
import pytest
import torch

from lfx.fusion.outputs import FitData, Outputs
from lfx.fusion.schemes.grid import Grid
from lfx.fusion.schemes.stacking import Stacking, StackingMlp
from lfx.runtime.errors import ConfigError, FusionError


def many(samples, classes, members=3):
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(members, samples, classes, generator=draw, dtype=torch.float64)
    outputs = Outputs(
        tuple(f"m{place}" for place in range(members)),
        tuple(f"c{place}" for place in range(classes)),
        logits,
        torch.ones(members, samples, dtype=torch.bool),
    )
    groups = np.array([f"s{place}" for place in range(samples)], dtype=object)
    return FitData(outputs, torch.arange(samples) % classes, groups)


def test_stacking_that_would_take_hours_is_refused():
    with pytest.raises(FusionError, match=r"(?s)fusion=stacking: 1500 samples of 1000.*learned"):
        Stacking().fit(many(1500, 1000))
    with pytest.raises(FusionError, match=r"fusion=stacking_mlp: .* or fewer members"):
        StackingMlp(hidden=300).fit(many(1500, 1000))


def test_a_grid_that_would_take_minutes_is_refused_and_says_what_is_allowed():
    with pytest.raises(ConfigError, match=r"allowed are 10000: set fusion.points=NUMBER"):
        Grid().fit(many(500, 200))
    found = Grid(points=9).fit(many(500, 200))
    assert found.weights.values.sum().item() == pytest.approx(1)
