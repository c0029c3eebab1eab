from __future__ import annotations

import pytest
import torch

import lfx.fusion.pools
from lfx.fusion.pools import linear_pool
from lfx.fusion.weights import Weights


@pytest.mark.parametrize("lacking", [False, True])
@pytest.mark.parametrize("per", ["member", "class"])
def test_a_linear_pool_in_parts_is_that_of_all_at_once(monkeypatch, per, lacking):
    draw = torch.Generator().manual_seed(0)
    said = torch.rand(3, 101, 4, generator=draw, dtype=torch.float64).softmax(dim=2)
    shape = (3,) if per == "member" else (3, 4)
    weights = Weights(per, torch.rand(shape, generator=draw, dtype=torch.float64))
    present = torch.rand(3, 101, generator=draw) > 0.3 if lacking else None
    if present is not None:
        present[0] |= ~present.any(dim=0)
    whole = linear_pool(said, weights, present)
    monkeypatch.setattr(lfx.fusion.pools, "_MOST_ELEMENTS", 60)  # five samples, the last part one
    assert torch.equal(linear_pool(said, weights, present), whole)
