from __future__ import annotations

import numpy as np
import torch

from lfx.training.loaders import ordered_loader
from lfx.training.predict import embed, predict


def test_logits_come_in_the_order_of_the_rows(begun, configured, table):
    """Batches hold texts of like length, and the result is in the order that was asked for."""
    _, model, context = begun(configured("modality=text"))
    rows = table.rows("test")[::-1]
    found = predict(model, rows, context)
    assert found.shape == (len(rows), 3)
    assert found.dtype == np.float32
    for position in (0, 3, len(rows) - 1):
        (batch,) = ordered_loader(model.encoder, [rows[position]], context)
        with torch.no_grad():
            expected = model.eval()(batch)[0].numpy()
        np.testing.assert_allclose(found[position], expected, rtol=1e-4, atol=1e-5)


def test_a_model_in_training_mode_predicts_without_dropout(begun, configured, table):
    _, model, context = begun(configured("modality=text", "head.dropout=0.9"))
    rows = table.rows("test")
    first = predict(model.train(), rows, context)
    np.testing.assert_array_equal(predict(model.train(), rows, context), first)


def test_an_encoder_gives_its_features(begun, configured, table):
    _, model, context = begun(configured("modality=image"))
    rows = table.rows("val")
    loader = ordered_loader(model.encoder, rows, context)
    found = embed(model.encoder, loader, len(rows), context.compute, run=context.run)
    logits = predict(model, rows, context)
    with torch.no_grad():
        expected = model.head(torch.from_numpy(found)).numpy()
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-5)
