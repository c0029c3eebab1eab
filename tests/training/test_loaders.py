from __future__ import annotations

from dataclasses import replace

import pytest

from lfx.data.samples import UNLABELLED
from lfx.training.loaders import classifier_loaders, labels_of, ordered_loader


@pytest.fixture(params=["image", "text"])
def model_and_context(request, begun, configured):
    _, model, context = begun(configured(f"modality={request.param}"))
    return model, context


def positions_of(loader):
    return [batch["position"].tolist() for batch in loader]


def test_an_epoch_of_training_holds_every_sample_once_with_its_label(model_and_context, table):
    model, context = model_and_context
    train, _ = classifier_loaders(model, context)
    labels, seen = labels_of(table, table.rows("train")), []
    for batch in train:
        assert 1 < len(batch["label"]) <= context.compute.batch_size + 1
        assert batch["label"].tolist() == [labels[one] for one in batch["position"].tolist()]
        seen += batch["position"].tolist()
    assert sorted(seen) == list(range(len(labels)))
    first = positions_of(train)
    assert positions_of(train) == first
    train.sampler.set_epoch(1)
    assert positions_of(train) != first


def test_validation_is_not_shuffled_and_its_batches_are_twice_as_large(model_and_context, table):
    model, context = model_and_context
    small = replace(context, compute=replace(context.compute, batch_size=4))
    _, val = classifier_loaders(model, small)
    sizes = [len(one) for one in positions_of(val)]
    rows = len(table.rows("val"))
    assert sizes == [8] * (rows // 8) + ([rows % 8] if rows % 8 else [])
    assert positions_of(val) == positions_of(val)


def test_rows_may_be_unlabelled(model_and_context, table):
    model, context = model_and_context
    unlabelled = replace(context, table=replace(table, labels=(None,) * len(table)))
    (batch,) = ordered_loader(model.encoder, [3, 5], unlabelled)
    assert batch["label"].tolist() == [UNLABELLED] * 2
    assert labels_of(table, [3]) == [table.labels[3]]


@pytest.mark.parametrize(("workers", "expected"), [(None, 0), (0, 0), (2, 2)])
def test_beside_a_cpu_no_process_prepares_batches_unless_told(model_and_context, workers, expected):
    model, context = model_and_context
    told = replace(context, compute=replace(context.compute, workers=workers))
    loader = ordered_loader(model.encoder, [0, 1], told)
    assert loader.num_workers == expected
    assert not loader.pin_memory
