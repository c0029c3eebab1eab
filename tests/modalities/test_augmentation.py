from __future__ import annotations

import numpy as np
import pytest
import torch

from lfx.modalities.image.augmentation import ImageAugmentation
from lfx.modalities.text.augmentation import TextAugmentation
from lfx.runtime.errors import ConfigError

STRONG = {"flip": 0.5, "rotation": 20.0, "translation": 0.2, "zoom": 0.2}
OFF = {"flip": 0.0, "rotation": 0.0, "translation": 0.0, "zoom": 0.0}


@pytest.fixture
def image():
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 255, (3, 24, 24), dtype=torch.uint8, generator=generator)


def test_what_is_drawn_depends_on_seed_epoch_and_sample_alone(image):
    change = ImageAugmentation(**STRONG)
    first = change(image, seed=1, epoch=2, sample=3)
    torch.manual_seed(99)
    assert torch.equal(ImageAugmentation(**STRONG)(image, seed=1, epoch=2, sample=3), first)
    for seed, epoch, sample in ((2, 2, 3), (1, 3, 3), (1, 2, 4)):
        assert not torch.equal(change(image, seed, epoch, sample), first)


def test_the_global_generator_is_left_alone(image):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    ImageAugmentation(**STRONG)(image, 1, 0, 0)
    assert torch.equal(torch.get_rng_state(), before)


def test_off_changes_nothing(image):
    assert torch.equal(ImageAugmentation(**OFF)(image, 0, 0, 0), image)


@pytest.mark.parametrize("name", STRONG)
def test_each_change_alone_does_something_and_keeps_the_shape(image, name):
    change = ImageAugmentation(**(OFF | {name: STRONG[name]}))
    changed = [change(image, 0, 0, sample) for sample in range(10)]
    assert all(one.shape == image.shape and one.dtype == torch.uint8 for one in changed)
    assert any(not torch.equal(one, image) for one in changed)


def test_zoom_goes_both_ways_and_shows_grey_beside_the_image():
    white = torch.full((3, 64, 64), 255, dtype=torch.uint8)
    change = ImageAugmentation(**(OFF | {"zoom": 0.5}))
    sides = []
    for sample in range(200):
        changed = change(white, 0, 0, sample)
        assert changed.min() > 100  # grey, and what torchvision blends at the edge
        sides.append(int((changed[0, 32] == 255).sum()))
    # At a zoom of 0.5 half a side is left of a white image; zoomed in, it is white all over.
    assert min(sides) == pytest.approx(32, abs=4)
    assert 0.35 < sum(side == 64 for side in sides) / 200 < 0.65


def test_a_sure_flip_is_a_flip(image):
    change = ImageAugmentation(**(OFF | {"flip": 1.0}))
    assert torch.equal(change(image, 0, 0, 0), image.flip(-1))


def test_the_limits_of_the_settings_work(image):
    limits = {"flip": 1.0, "rotation": 180.0, "translation": 1.0, "zoom": 0.999}
    for sample in range(20):
        assert ImageAugmentation(**limits)(image, 0, 0, sample).shape == image.shape


def test_views_of_an_image_differ_and_the_first_is_the_one_without_views(image):
    change = ImageAugmentation(**STRONG)
    views = [change(image, 0, 0, 5, view) for view in range(3)]
    assert torch.equal(views[0], change(image, 0, 0, 5))
    assert not torch.equal(views[0], views[1])
    assert not torch.equal(views[1], views[2])


def test_tokens_go_at_their_rate_and_the_frame_stays():
    tokens = np.arange(100, 152)
    drop = TextAugmentation(token_drop=0.3)
    changed = [drop(tokens, 0, 0, sample) for sample in range(300)]
    assert all(one[0] == 100 and one[-1] == 151 for one in changed)
    assert all((np.diff(one) > 0).all() for one in changed)
    # One of fifty is kept whatever was drawn for it.
    assert np.mean([52 - len(one) for one in changed]) == pytest.approx(50 * 0.3 * 0.98, rel=0.03)
    assert np.array_equal(drop(tokens, 0, 0, 7), changed[7])
    assert not np.array_equal(drop(tokens, 0, 1, 7), changed[7])
    assert not np.array_equal(drop(tokens, 0, 0, 7, view=1), changed[7])
    assert not np.array_equal(drop(tokens, 1, 0, 7), changed[7])


def test_a_text_keeps_a_token():
    drop = TextAugmentation(token_drop=0.99)
    assert min(len(drop(np.arange(20), 0, 0, sample)) for sample in range(100)) == 3
    assert np.array_equal(drop(np.arange(3), 0, 0, 0), np.arange(3))
    assert np.array_equal(TextAugmentation(token_drop=0)(np.arange(9), 0, 0, 0), np.arange(9))


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (ImageAugmentation, {"flip": 1.1}, "flip must be at least 0 and at most 1, got 1.1"),
        (ImageAugmentation, {"rotation": 181.0}, "rotation must be at least 0 and at most 180"),
        (ImageAugmentation, {"zoom": 1.0}, "zoom must be at least 0 and below 1, got 1"),
        (TextAugmentation, {"token_drop": 1.0}, "token_drop must be at least 0 and below 1"),
    ],
)
def test_what_would_leave_nothing_is_refused(kind, settings, message):
    with pytest.raises(ConfigError, match=message):
        kind(**settings)
