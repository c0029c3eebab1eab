from __future__ import annotations

import logging
from dataclasses import replace

import torch

from lfx.data.column import TextColumn
from lfx.modalities.modality import NO_EPOCH
from lfx.modalities.text.augmentation import TextAugmentation
from lfx.modalities.text.modality import TextModality, TokenCollate


def test_tokens_are_padded_to_the_longest_and_masked():
    collate = TokenCollate([[5, 6, 7], [8], [9, 1]], 1, [0, 1, 2], TextAugmentation())
    batch = collate([1, 0], 0)
    assert batch["input_ids"].tolist() == [[8, 1, 1], [5, 6, 7]]
    assert batch["attention_mask"].tolist() == [[1, 0, 0], [1, 1, 1]]
    # A token that happens to be the padding token is none.
    assert collate([2], 0)["attention_mask"].tolist() == [[1, 1]]
    assert batch["input_ids"].dtype == batch["attention_mask"].dtype == torch.int64


def test_a_table_becomes_batches_of_tokens(make_text, table, tmp_path):
    modality, encoder = (
        TextModality(augmentation=TextAugmentation(token_drop=0.5)),
        make_text(max_length=40),
    )
    rows = table.rows("val")
    assert modality.content(table, rows) == [table.columns["text"][row] for row in rows]
    inputs = modality.inputs(table, rows, encoder, tmp_path)
    assert list(inputs.lengths) == [
        len(ids) for ids in encoder.tokens(modality.content(table, rows))
    ]
    plain = inputs.collate([0, 1], 0)
    assert plain["input_ids"].shape == (2, max(inputs.lengths[:2]))
    assert torch.equal(plain["input_ids"], inputs.collate([0, 1], 5)["input_ids"])
    trained = modality.inputs(table, rows, encoder, tmp_path, seed=0)
    dropped = trained.collate([0, 1], 0)["attention_mask"].sum()
    assert 4 < dropped < plain["attention_mask"].sum()
    assert torch.equal(trained.collate([0, 1], NO_EPOCH)["input_ids"], plain["input_ids"])
    assert encoder.eval()(plain).shape == (2, encoder.features)


def test_a_drop_depends_on_the_row_and_not_on_the_batch():
    half = TextAugmentation(token_drop=0.5)
    tokens = [range(30)] * 3
    collate = TokenCollate(tokens, 0, [4, 5, 6], half, seed=0)
    alone = collate([1], 2)["input_ids"][0]
    together = collate([2, 1, 0], 2)
    assert together["input_ids"][1][: len(alone)].equal(alone)
    assert TokenCollate(tokens[:1], 0, [5], half, seed=0)([0], 2)["input_ids"][0].equal(alone)


def test_texts_that_are_cut_are_told_once(make_text, table, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    modality, encoder = TextModality(), make_text()
    long = replace(table, columns={"text": TextColumn(["far too long a text " * 9] * len(table))})
    for _ in range(2):
        modality.inputs(long, [0, 1, 2], encoder, tmp_path)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.message.startswith("3 of 3 texts (100.0 %) are longer than the 12 tokens")
