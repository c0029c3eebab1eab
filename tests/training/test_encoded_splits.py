from __future__ import annotations

import numpy as np
import pytest
import torch

from lfx.training.embeddings import (
    EmbeddingCollate,
    embedding_loaders,
    encode_augmented,
    encode_splits,
)
from lfx.training.loaders import labels_of, ordered_loader


@pytest.fixture
def model_and_context(begun, configured):
    _, model, context = begun(configured("modality=image"))
    return model.eval(), context


def test_embeddings_take_turns_by_epoch():
    collate = EmbeddingCollate(torch.arange(12.0).reshape(2, 3, 2))
    assert collate([2, 0], 0)["embedding"].tolist() == [[4, 5], [0, 1]]
    assert collate([2], 3)["embedding"].tolist() == [[10, 11]]
    assert torch.equal(collate([2], -1)["embedding"], collate([2], 0)["embedding"])


def test_splits_are_encoded_as_the_encoder_encodes_them(model_and_context, table):
    model, context = model_and_context
    vectors = encode_splits(model.encoder, context)
    for split, found in (("train", vectors.train), ("val", vectors.val)):
        rows = table.rows(split)
        assert found.shape == (len(rows), model.encoder.features)
        for batch in ordered_loader(model.encoder, rows, context):
            with torch.no_grad():
                expected = model.encoder(batch).numpy()
            np.testing.assert_allclose(found[batch["position"]], expected, rtol=1e-4, atol=1e-4)


def test_each_further_view_is_augmented_anew(model_and_context):
    model, context = model_and_context
    plain = encode_splits(model.encoder, context).train
    first, second = encode_augmented(model, context, 2)
    assert first.shape == second.shape == plain.shape
    assert not np.allclose(first, plain)
    assert not np.allclose(first, second)
    (again,) = encode_augmented(model, context, 1)
    np.testing.assert_array_equal(first, again)


def test_a_classifier_reads_them_with_their_labels(model_and_context, table):
    model, context = model_and_context
    vectors = encode_splits(model.encoder, context)
    loaders = embedding_loaders(vectors, [vectors.train + 1], seed=0, context=context)
    for loader, split, expected in (
        (loaders.train, "train", vectors.train),
        (loaders.val, "val", vectors.val),
    ):
        labels, seen = labels_of(table, table.rows(split)), []
        for batch in loader:
            positions = batch["position"].tolist()
            assert batch["label"].tolist() == [labels[one] for one in positions]
            np.testing.assert_array_equal(batch["embedding"], expected[positions])
            seen += positions
        assert sorted(seen) == list(range(len(labels)))
        assert (seen == sorted(seen)) is (split == "val")
    loaders.train.sampler.set_epoch(1)
    batch = next(iter(loaders.train))
    np.testing.assert_array_equal(batch["embedding"], vectors.train[batch["position"]] + 1)
