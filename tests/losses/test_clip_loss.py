"""CLIP's loss, against a loop, against transformers, and between more than two parts."""

from __future__ import annotations

import math

import pytest
import torch
from transformers import CLIPConfig, CLIPModel

from lfx.losses.cross_modal import clip, clip_of_pairs


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def naive(first, second, scale):
    def cosine(one, other):
        return float(one @ other / one.norm() / other.norm())

    total = 0.0
    for ours, theirs in ((first, second), (second, first)):
        for row in range(len(ours)):
            scores = [scale * cosine(ours[row], other) for other in theirs]
            total -= scores[row] - math.log(sum(math.exp(score) for score in scores))
    return total / (2 * len(first))


@pytest.mark.parametrize("scale", [1.0, 14.3, 100.0])
def test_it_is_the_loop(scale):
    first, second = drawn(7, 5), drawn(7, 5, seed=1)
    assert clip(first, second, scale).item() == pytest.approx(naive(first, second, scale))
    assert clip(second, first, scale).item() == pytest.approx(clip(first, second, scale).item())


def test_it_is_the_loss_of_transformers():
    small = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    layers = {**small, "num_hidden_layers": 1}
    text = {**layers, "vocab_size": 40, "max_position_embeddings": 8}
    text |= {"bos_token_id": 37, "eos_token_id": 38, "pad_token_id": 39}
    image = {**layers, "image_size": 16, "patch_size": 8}
    torch.manual_seed(0)
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=image, projection_dim=8)).eval()
    with torch.no_grad():
        said = model(
            input_ids=torch.randint(0, 36, (9, 6)),
            attention_mask=torch.ones(9, 6, dtype=torch.int64),
            pixel_values=torch.randn(9, 3, 16, 16),
            return_loss=True,
        )
    ours = clip(said.text_embeds, said.image_embeds, model.logit_scale.exp().item())
    assert ours.item() == pytest.approx(said.loss.item(), rel=1e-5)


def test_samples_that_agree_have_less_of_it_and_lengths_are_nothing():
    first = torch.eye(6)
    assert clip(first, 3 * first, 50.0) < 1e-6
    assert clip(first, first.roll(1, 0), 50.0) > 40
    moved = first.clone().requires_grad_()
    clip(moved, first.roll(1, 0), 2.0).backward()
    assert moved.grad.abs().sum() > 0


def test_between_three_parts_each_pair_counts_where_samples_have_both():
    embeddings = drawn(3, 8, 4)
    present = torch.ones(3, 8, dtype=torch.bool)
    present[0, :3] = present[1, 6:] = present[2, 4] = False
    term = clip_of_pairs(embeddings, present, 7.0)
    expected = []
    for one, other in ((0, 1), (0, 2), (1, 2)):
        both = [row for row in range(8) if present[one, row] and present[other, row]]
        expected.append(naive(embeddings[one][both], embeddings[other][both], 7.0))
    assert term.value.item() == pytest.approx(sum(expected) / 3)
    assert term.unpaired.item() == 0
    alone = present.clone()
    alone[:2, 0] = False  # sample 0 has the third part alone
    assert clip_of_pairs(embeddings, alone, 7.0).unpaired.item() == 1


@pytest.mark.parametrize("having", [0, 1])
def test_without_a_pair_it_is_0_and_has_gradients(having):
    embeddings = drawn(2, 5, 3).requires_grad_()
    present = torch.ones(2, 5, dtype=torch.bool)
    present[1] = torch.arange(5) < having
    term = clip_of_pairs(embeddings, present, 7.0)
    assert term.value.item() == 0
    assert term.unpaired.item() == 5
    term.value.backward()
    assert torch.equal(embeddings.grad, torch.zeros_like(embeddings))


def test_what_is_missing_does_not_show():
    embeddings, present = drawn(2, 6, 3), torch.ones(2, 6, dtype=torch.bool)
    present[0, 2] = present[1, 4] = False
    other = embeddings + 5 * ~present[..., None]
    values = [clip_of_pairs(one, present, 3.0).value for one in (embeddings, other)]
    assert torch.equal(*values)


def test_the_order_of_the_parts_is_nothing():
    embeddings, present = drawn(3, 6, 3), drawn(3, 6, seed=2) > -0.5
    flipped = clip_of_pairs(embeddings.flip(0), present.flip(0), 3.0)
    term = clip_of_pairs(embeddings, present, 3.0)
    assert term.value.item() == pytest.approx(flipped.value.item(), abs=1e-12)
    assert torch.equal(term.unpaired, flipped.unpaired)
