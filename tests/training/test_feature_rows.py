from __future__ import annotations

import numpy as np
import torch
from scipy import sparse

from lfx.training.feature_rows import feature_rows


def test_sparse_features_are_the_dense_ones_without_zeros(begun, configured):
    _, model, context = begun(configured("modality=text", "encoder=ngrams"))
    rows = context.table.rows("val")[::-1]
    found = feature_rows(model.encoder, rows, context)
    assert sparse.issparse(found)
    assert found.dtype == np.float64
    inputs = context.inputs(rows, model.encoder)
    with torch.no_grad():
        dense = model.encoder(inputs.collate(list(range(len(rows))), 0, 1)).numpy()
    np.testing.assert_array_equal(found.toarray().astype(np.float32), dense)
    assert found.nnz == np.count_nonzero(dense)


def test_other_features_are_an_encoders_in_the_order_of_the_rows(begun, configured):
    _, model, context = begun(configured("modality=text"))
    rows = context.table.rows("val")
    found = feature_rows(model.encoder, rows, context)
    assert (found.dtype, found.shape) == (np.float64, (len(rows), model.encoder.features))
    backwards = feature_rows(model.encoder, rows[::-1], context)
    np.testing.assert_allclose(backwards[::-1], found, atol=1e-5)
    assert found.std(axis=0).min() > 0
