from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from lfx.modalities.image.depthwise import FullPrecisionDepthwise


@pytest.fixture
def depthwise():
    torch.manual_seed(0)
    return nn.Conv2d(8, 8, 5, padding=2, groups=8)


@pytest.fixture
def maps():
    return torch.randn(2, 8, 6, 6, generator=torch.Generator().manual_seed(0))


def run(layer, maps, *, autocast=True):
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast), FullPrecisionDepthwise():
        return layer(maps)


def test_a_trained_depthwise_convolution_runs_in_full_precision(depthwise, maps):
    rounded = maps.bfloat16()  # as a convolution before it leaves them
    out = run(depthwise, rounded)
    assert out.dtype == torch.float32
    assert torch.equal(out, depthwise(rounded.float()))
    out.square().sum().backward()
    found = depthwise.weight.grad.clone()
    depthwise.weight.grad = None
    depthwise(rounded.float()).square().sum().backward()
    assert torch.equal(found, depthwise.weight.grad)


def test_a_frozen_one_does_too_where_a_gradient_passes_through(depthwise, maps):
    depthwise.requires_grad_(False)
    assert run(depthwise, maps.clone().requires_grad_()).dtype == torch.float32


def test_what_needs_no_gradient_stays_in_autocast(depthwise, maps):
    with torch.no_grad():
        assert run(depthwise, maps).dtype == torch.bfloat16
    depthwise.requires_grad_(False)
    assert run(depthwise, maps).dtype == torch.bfloat16


def test_arguments_may_have_names_and_weights_may_be_computed_in_bf16(depthwise, maps):
    with torch.autocast("cpu", torch.bfloat16), FullPrecisionDepthwise():
        options = {"padding": 2, "groups": 8}
        out = functional.conv2d(input=maps, weight=depthwise.weight.bfloat16(), **options)
    assert out.dtype == torch.float32
    weights = depthwise.weight.detach().bfloat16().float()
    assert torch.equal(out.detach(), functional.conv2d(maps, weights, **options))


def test_dense_convolutions_stay_in_autocast(maps):
    assert run(nn.Conv2d(8, 4, 3), maps).dtype == torch.bfloat16


def test_without_autocast_nothing_changes(depthwise, maps):
    assert torch.equal(run(depthwise, maps, autocast=False), depthwise(maps))
    with pytest.raises(RuntimeError, match="should be the same"):
        run(depthwise, maps.bfloat16(), autocast=False)


def test_encoders_use_it(make_image, pixels):
    encoder = make_image(architecture="mobilenetv3_small_050").train()
    depthwise = [
        one
        for one in encoder.modules()
        if isinstance(one, nn.Conv2d) and one.groups == one.in_channels > 1
    ]
    seen = []
    for one in depthwise:
        one.register_forward_hook(lambda _module, _inputs, out: seen.append(out.dtype))
    with torch.autocast("cpu", torch.bfloat16):
        encoder({"image": pixels})
    assert depthwise
    assert seen == [torch.float32] * len(depthwise)
