"""Samples as an encoder's features, all at once, without the zeros of sparse ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy import sparse

from lfx.modalities.sparse import SparseEncoder
from lfx.training.loaders import ordered_loader
from lfx.training.predict import embed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch.utils.data import DataLoader

    from lfx.modalities.encoder import Encoder
    from lfx.models.classifier import Batch
    from lfx.training.context import RunContext
    from lfx.training.logistic import Features


def feature_rows(encoder: Encoder, rows: Sequence[int], context: RunContext) -> Features:
    """Encode some rows of the context's table, as they are.

    Args:
        encoder: with its weights.
        rows: which.
        context: where it runs.

    Returns:
        (rows, features) float64: of a `SparseEncoder` a scipy.sparse array, of others a NumPy one.
    """
    loader = ordered_loader(encoder, rows, context)
    if isinstance(encoder, SparseEncoder):
        return _sparse_rows(encoder.eval(), loader, len(rows))
    encoded = embed(encoder, loader, len(rows), context.compute, run=context.run)
    return encoded.astype(np.float64)


@torch.inference_mode()
def _sparse_rows(encoder: SparseEncoder, loader: DataLoader[Batch], samples: int) -> Features:
    positions, columns, values = [], [], []
    for batch in loader:
        entries, of_batch = encoder.entries(batch)
        is_entry = of_batch != 0
        positions.append(batch["position"].repeat_interleave(is_entry.sum(dim=1)))
        columns.append(entries[is_entry])
        values.append(of_batch[is_entry])
    where = torch.cat(positions).numpy(), torch.cat(columns).numpy()
    numbers = torch.cat(values).double().numpy()
    return sparse.csr_array((numbers, where), shape=(samples, encoder.features))
