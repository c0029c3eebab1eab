from __future__ import annotations

import numpy as np
import pytest
import torch

from lfx.modalities.audio.spec_augment import SpecAugment, equalise, silence_span, warp_bands

OFF = {"equaliser": 0.0, "warp": 0.0, "frequency_masks": 0, "time_masks": 0}


@pytest.fixture
def levels():
    drawn = 0.2 + 0.8 * torch.rand(4, 30, 20, generator=torch.Generator().manual_seed(0))
    drawn[1, 12:] = 0
    return drawn


COUNTS = torch.tensor([30, 12, 30, 30])


def test_torchs_generator_draws(levels):
    augment = SpecAugment(equaliser=0.2, warp=0.2, frequency_masks=2, time_masks=2)
    torch.manual_seed(5)
    one = augment(levels, COUNTS)
    torch.manual_seed(5)
    assert torch.equal(augment(levels, COUNTS), one)
    assert not torch.equal(augment(levels, COUNTS), one)
    assert one.min() >= 0
    assert one[1, 12:].eq(0).all()


def test_nothing_is_changed_and_drawn_where_all_is_off(levels):
    torch.manual_seed(0)
    before = torch.get_rng_state()
    assert torch.equal(SpecAugment(**OFF)(levels, COUNTS), levels)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(("kind", "axis"), [("frequency", 1), ("time", 0)])
def test_masks_are_one_span_of_a_share(levels, kind, axis):
    augment = SpecAugment(**OFF | {f"{kind}_masks": 1, f"{kind}_width": 0.4})
    widths = []
    for seed in range(60):
        torch.manual_seed(seed)
        changed = augment(levels, COUNTS)
        for row, count in enumerate(COUNTS):
            silent = changed[row, :count].eq(0).all(dim=1 - axis)
            places = silent.nonzero().flatten()
            widths.append(len(places))
            size = int(count) if axis == 0 else 20
            assert len(places) <= int(0.4 * size) + 1
            if len(places):  # they stand side by side
                assert int(places[-1] - places[0]) == len(places) - 1
            kept = changed[row, :count] == levels[row, :count]
            assert kept.any(dim=1 - axis).sum() == size - len(places)
    assert 0 < np.mean(widths) < 0.4 * 30


def test_the_equaliser_is_one_smooth_curve_a_recording(levels):
    torch.manual_seed(0)
    changed = SpecAugment(**OFF | {"equaliser": 0.1})(levels, COUNTS)
    for row, count in enumerate(COUNTS):
        curves = changed[row, :count] - levels[row, :count]
        assert (curves - curves[0]).abs().max() < 1e-6
        assert curves.abs().max() <= 0.1 + 1e-6
        assert curves[0].diff().diff().abs().sum() < curves[0].diff().abs().sum()
    assert not torch.allclose(changed[0, 0] - levels[0, 0], changed[2, 0] - levels[2, 0])


def test_a_curve_is_straight_between_its_points():
    curve = equalise(torch.ones(1, 1, 7), torch.tensor([[0.0, 0.3, -0.6, -3.0]]))
    assert curve.flatten().tolist() == pytest.approx([1, 1.15, 1.3, 0.85, 0.4, 0, 0])


def test_bands_are_read_at_another_place():
    levels = torch.arange(10.0).expand(2, 3, 10)
    warped = warp_bands(levels, torch.tensor([1.0, 1.2]))
    assert torch.equal(warped[0], levels[0])
    expected = [min(9.0, 1.2 * band) for band in range(10)]
    assert warped[1, 2].tolist() == pytest.approx(expected)
    assert warp_bands(torch.ones(1, 2, 1), torch.tensor([0.5])).tolist() == [[[1.0], [1.0]]]


def test_spans_are_silenced_by_recording():
    silenced = silence_span(
        torch.ones(2, 4, 1), torch.tensor([0.0, 2.5]), torch.tensor([1.5, 1.0]), dim=1
    )
    assert silenced[..., 0].tolist() == [[0, 0, 1, 1], [1, 1, 1, 0]]
