"""Which parts chance takes away, how often, and that something is left."""

from __future__ import annotations

import pytest
import torch

from lfx.modalities.joint.modality_dropout import drop_parts


def test_each_part_is_dropped_as_often_as_it_should_be_and_never_all():
    torch.manual_seed(0)
    present = torch.ones(40_000, 3, dtype=torch.bool)
    kept = drop_parts(present, 0.3)
    assert kept.any(dim=1).all()
    # 0.3, but in 0.3 ** 3 of the cases one of three, drawn evenly, comes back.
    expected = 0.3 - 0.3**3 / 3
    assert (~kept).float().mean(dim=0).tolist() == pytest.approx([expected] * 3, abs=0.01)


@pytest.mark.parametrize("probability", [0.2, 0.9])
def test_what_is_missing_stays_missing_and_one_that_is_there_stays(probability):
    torch.manual_seed(0)
    present = torch.rand(5_000, 4) < 0.5
    present[:, 0] |= ~present.any(dim=1)
    kept = drop_parts(present, probability)
    assert not (kept & ~present).any()
    assert kept.any(dim=1).all()
    alone = present.sum(dim=1) == 1
    assert torch.equal(kept[alone], present[alone])


def test_who_comes_back_is_drawn_evenly_among_those_that_are_there():
    torch.manual_seed(0)
    present = torch.tensor([[True, False, True, True]]).expand(30_000, -1)
    kept = drop_parts(present, 0.999)
    assert kept.float().mean(dim=0).tolist() == pytest.approx([1 / 3, 0, 1 / 3, 1 / 3], abs=0.02)


def test_the_same_seed_drops_the_same(  # the classifier seeds it at each step
):
    present = torch.ones(50, 2, dtype=torch.bool)
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(drop_parts(present, 0.5))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize(("parts", "probability"), [(1, 0.9), (3, 0.0)])
def test_where_nothing_can_be_dropped_nothing_is_drawn(parts, probability):
    present = torch.ones(5, parts, dtype=torch.bool)
    state = torch.get_rng_state()
    assert torch.equal(drop_parts(present, probability), present)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_sample_without_any_part_gets_none():
    present = torch.zeros(4, 2, dtype=torch.bool)
    assert not drop_parts(present, 0.5).any()
