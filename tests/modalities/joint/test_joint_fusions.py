"""What joins the parts, against naive implementations; what is missing never shows."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import nn

from lfx.modalities.joint.concat import Concat
from lfx.modalities.joint.cross_attention import CrossAttention
from lfx.modalities.joint.gated import Gated, gated_sum
from lfx.modalities.joint.hybrid import Hybrid
from lfx.modalities.joint.parts import Widths
from lfx.modalities.joint.tensor import LowRankTensor
from lfx.runtime.errors import ConfigError

WIDTHS = {"audio": Widths(4, 4), "image": Widths(5, 5), "text": Widths(6, 6)}
NAMES = list(WIDTHS)


def built(fusion, widths=WIDTHS):
    torch.manual_seed(0)
    module = fusion.build(widths).eval()
    for parameter in module.parameters():  # those that begin at 0 have to show too
        parameter.data += 0.1 * torch.randn_like(parameter)
    return module


def test_concatenation(encoded):
    module = built(Concat())
    result = module(encoded)
    assert result.shape == (6, module.features) == (6, 15)
    for row in range(6):
        vectors = [
            encoded[name].features[row] if encoded[name].present[row] else module.missing[name]
            for name in NAMES
        ]
        assert torch.equal(result[row], torch.cat(vectors))


def test_one_part_alone_is_given_as_it_is(encoded):
    only = {"text": encoded["text"]}
    module = Concat().build({"text": WIDTHS["text"]})
    assert list(module.parameters()) == []
    assert module(only) is encoded["text"].features


@pytest.mark.parametrize("gates", ["softmax", "sigmoid"])
def test_gated_units_are_those_of_the_paper(encoded, gates):
    module = built(Gated(width=8, gates=gates))
    result = module(encoded)
    assert result.shape == (6, module.features) == (6, 8)
    for row in range(6):
        seen = [
            encoded[name].features[row] if encoded[name].present[row] else torch.zeros(width)
            for name, width in zip(NAMES, (4, 5, 6), strict=True)
        ]
        there = [name for name in NAMES if encoded[name].present[row]]
        scores = {name: module.scores[name](torch.cat(seen)) for name in there}
        total = sum(score.exp() for score in scores.values())
        expected = torch.zeros(8)
        for name in there:
            gate = scores[name].exp() / total if gates == "softmax" else scores[name].sigmoid()
            hidden = torch.tanh(module.hidden[name](encoded[name].features[row]))
            expected = expected + gate * hidden
        assert torch.allclose(result[row], expected, atol=1e-6)


def test_two_gates_of_a_softmax_are_the_bimodal_unit():
    """`h = z * h_v + (1 - z) * h_t`, with `z` a sigmoid (equation 3 of the paper)."""
    hidden, scores = torch.randn(2, 7, 5), torch.randn(2, 7, 5)
    gate = (scores[0] - scores[1]).sigmoid()
    expected = gate * hidden[0] + (1 - gate) * hidden[1]
    both = torch.ones(2, 7, dtype=torch.bool)
    assert torch.allclose(gated_sum(hidden, scores, both), expected, atol=1e-6)


def test_a_sample_without_any_part_is_0_and_has_gradients_that_are_numbers():
    for gates in ("softmax", "sigmoid"):
        hidden = torch.randn(2, 1, 3, requires_grad=True)
        scores = torch.randn(2, 1, 3, requires_grad=True)
        result = gated_sum(hidden, scores, torch.zeros(2, 1, dtype=torch.bool), gates)
        assert torch.equal(result, torch.zeros(1, 3))
        result.sum().backward()
        assert torch.isfinite(scores.grad).all()
    with pytest.raises(ValueError, match="gates: softmax or sigmoid, got 'relu'"):
        gated_sum(hidden, scores, torch.ones(2, 1, dtype=torch.bool), "relu")


def test_low_rank_tensor_fusion_is_the_product_with_a_whole_tensor(encoded):
    module = built(LowRankTensor(width=3, rank=2))
    result = module(encoded)
    factors = [module.factors[name] for name in NAMES]
    whole = torch.einsum("raf,rbf,rcf->abcf", *factors)
    for row in range(6):
        vectors = [
            torch.cat([encoded[name].features[row] * encoded[name].present[row], torch.ones(1)])
            for name in NAMES
        ]
        expected = module.bias.clone()
        for places in product(*(range(len(vector)) for vector in vectors)):
            outer = torch.stack([one[at] for one, at in zip(vectors, places, strict=True)]).prod()
            expected = expected + outer * whole[places]
        assert torch.allclose(result[row], expected, rtol=1e-4, atol=1e-5)


def naive_attention(layer, sequence):
    """One layer of a transformer over one sequence without padding, head by head."""
    attention, (count, width) = layer.self_attn, sequence.shape
    normed = layer.norm1(sequence)
    weights = attention.in_proj_weight.chunk(3)
    biases = attention.in_proj_bias.chunk(3)
    queries, keys, values = (
        normed @ weight.T + bias for weight, bias in zip(weights, biases, strict=True)
    )
    size = width // attention.num_heads
    heads = []
    for start in range(0, width, size):
        rows = []
        for query in queries[:, start : start + size]:
            scores = torch.stack([query @ key / size**0.5 for key in keys[:, start : start + size]])
            rows.append((scores.softmax(0)[:, None] * values[:, start : start + size]).sum(0))
        heads.append(torch.stack(rows))
    sequence = sequence + attention.out_proj(torch.cat(heads, dim=1))
    assert sequence.shape == (count, width)
    hidden = nn.functional.gelu(layer.linear1(layer.norm2(sequence)))
    return sequence + layer.linear2(hidden)


def test_tokens_of_all_parts_attend_to_each_other_and_to_nothing_else(encoded):
    module = built(CrossAttention(width=8, layers=2, heads=2))
    result = module(encoded)
    assert result.shape == (6, module.features) == (6, 8)
    for row in range(6):
        tokens = [module.summary[None]]
        for name in NAMES:
            part = encoded[name]
            if part.present[row]:
                own = part.tokens[row][part.mask[row]]
                tokens.append(module.projections[name](own) + module.kinds[name])
        sequence = torch.cat(tokens)
        for layer in module.layers:
            sequence = naive_attention(layer, sequence)
        assert torch.allclose(result[row], module.norm(sequence)[0], atol=1e-5)


def test_a_part_that_no_sample_of_a_batch_has_leaves_no_token(encoded):
    module = built(CrossAttention(width=8, layers=1, heads=2))
    nobody = torch.zeros(6, dtype=torch.bool)
    masked = replace(encoded["text"], present=nobody)
    gone = replace(masked, tokens=None, mask=None)
    results = [module({**encoded, "text": part}) for part in (masked, gone)]
    assert torch.allclose(*results, atol=1e-6)


@pytest.mark.parametrize("inner", [Concat(), CrossAttention(width=8, layers=1, heads=2)])
def test_hybrid_heads_are_averaged_over_what_a_sample_has(encoded, inner):
    module = built(Hybrid(inner=inner))
    head = module.build_head(lambda features: nn.Linear(features, 3))
    features = module(encoded)
    assert features.shape == (6, module.features)
    assert module.flags == 3
    logits, (heads, present) = head(features), head.part_logits(features)
    joint = module.joint(encoded)
    for row in range(6):
        said = {"joint": head.heads["joint"](joint[row])}
        for name in NAMES:
            if encoded[name].given[row]:
                said[name] = head.heads[name](encoded[name].features[row])
        mean = torch.stack([one.softmax(0) for one in said.values()]).mean(0)
        assert torch.allclose(logits[row].softmax(0), mean, atol=1e-6)
        assert torch.allclose(logits[row].exp().sum(), torch.ones(()), atol=1e-5)
        for place, name in enumerate(["joint", *NAMES]):
            assert present[place, row] == (name in said)
            if name in said:
                assert torch.allclose(heads[place, row], said[name], atol=1e-6)


def test_what_modality_dropout_drops_is_dropped_from_the_joint_head_alone(encoded):
    module = built(Hybrid(inner=Concat()))
    nobody = torch.zeros(6, dtype=torch.bool)
    dropped = {**encoded, "text": replace(encoded["text"], present=nobody)}
    before, after = module(encoded), module(dropped)
    joint = module.joint.features
    assert torch.equal(before[:, joint:], after[:, joint:])
    assert not torch.equal(before[:, :joint], after[:, :joint])


def test_what_a_sample_lacks_does_not_show(fusion, encoded):
    """Whatever stands in the place of what may not be read, the result is the same."""
    module = built(fusion)
    noise = {}
    for name, part in encoded.items():
        away = ~part.present[:, None]
        changed = part.features + 9 * away
        if isinstance(fusion, Hybrid):  # whose own heads see them; see above
            changed = part.features
        noise[name] = replace(
            part, features=changed, tokens=part.tokens + 9 * away[..., None], mask=part.mask | away
        )
    assert torch.allclose(module(encoded), module(noise), atol=1e-6)


def test_every_number_of_a_part_that_is_there_shows(fusion, encoded):
    module = built(fusion)
    before = module(encoded)
    for name, part in encoded.items():
        moved = replace(part, features=part.features + 1, tokens=part.tokens.roll(1, 2))
        differs = (module({**encoded, name: moved}) - before).abs().amax(dim=1) > 1e-6
        assert differs[part.present].all(), name


def test_the_order_of_the_parts_is_nothing(fusion, encoded):
    results = []
    for names in (NAMES, NAMES[::-1]):
        module = built(fusion)
        results.append(module({name: encoded[name] for name in names}))
    assert torch.equal(*results)


def test_settings_that_contradict_each_other_are_refused():
    with pytest.raises(ConfigError, match=r"joint\.width must be a multiple of joint\.heads=3"):
        CrossAttention(heads=3)
    with pytest.raises(ConfigError, match=r"joint\.inner must be no hybrid itself"):
        Hybrid(inner=Hybrid(inner=Concat()))
    with pytest.raises(ConfigError, match="gates: allowed are softmax, sigmoid; got 'relu'"):
        Gated(gates="relu")
