from __future__ import annotations

import torch

from lfx.modalities.pooling import length_mask, masked_mean


def test_the_mean_passes_over_padding():
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(3, 5, 4, generator=generator)
    mask = torch.tensor([[1, 1, 1, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 1]])
    expected = []
    for text, kept in zip(tokens, mask, strict=True):
        rows = [vector for vector, keep in zip(text, kept, strict=True) if keep]
        expected.append(sum(rows[1:], rows[0]) / len(rows))
    assert torch.allclose(masked_mean(tokens, mask), torch.stack(expected))


def test_a_mask_is_true_up_to_each_length():
    mask = length_mask(torch.tensor([2, 4, 1]), 4)
    assert mask.tolist() == [[step < length for step in range(4)] for length in (2, 4, 1)]
