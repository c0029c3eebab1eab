from __future__ import annotations

import logging
from dataclasses import replace

from lfx.data.decoding import Decoding
from lfx.paraphrasing.paraphrases import Paraphrases
from lfx.runs.provenance import decoded_as_in_training, provenance_of, shaping_settings
from lfx.runtime.plain import config_hash


def test_what_may_differ_between_a_run_and_its_heir_shapes_nothing():
    settings = {"seed": 0, "data": {"name": "demo", "folds": 3, "fold": 1}, "ckpt": "last"}
    shaping = shaping_settings(settings | {"logger": {"name": "csv"}, "artifacts": {"dir": "a"}})
    assert shaping == {"seed": 0, "data": {"name": "demo", "folds": 3}}
    assert shaping == shaping_settings(settings | {"data": settings["data"] | {"fold": 2}})


def test_of_a_whole_run_all_else_does(planned, configured):
    plan = planned(configured("modality=text"))
    assert set(plan.settings) - set(plan.shaping) == {"ckpt", "logger", "artifacts", "figures"}
    for override in ("seed=1", "head.dropout=0.2", "trainer.batch_size=8", "data.split=random"):
        assert planned(configured("modality=text", override)).shaping != plan.shaping
    same = planned(configured("modality=text", "ckpt=auto", "logger=csv"))
    assert same.shaping == plan.shaping


def test_a_model_is_noted_with_its_data(table):
    shaping = {"seed": 3}
    found = provenance_of(shaping, "mine", 3, table, None, {"text": "f"})
    assert found == {
        "name": "mine",
        "seed": 3,
        "settings": shaping,
        "config_hash": config_hash(shaping),
        "data_fingerprint": table.data_fingerprint(),
        "split_fingerprint": table.split_fingerprint(),
        "paraphrases": None,
        "splits": dict(zip(table.ids, table.splits, strict=True)),
        "columns": {"text": "f"},
        "background": "white",
    }
    texts = Paraphrases({table.ids[0]: "other"})
    with_texts = provenance_of(shaping, "mine", 3, table, texts, {})
    assert with_texts["paraphrases"] == texts.fingerprint()


def test_images_are_decoded_as_those_that_a_model_was_trained_on(table, caplog):
    caplog.set_level(logging.INFO)
    black = replace(table, decoding=Decoding("black", 1000))
    assert decoded_as_in_training(black, None) is black
    same = decoded_as_in_training(black, "#000000")
    assert same.decoding.colour == black.decoding.colour
    assert caplog.messages == []
    white = decoded_as_in_training(black, "white")
    assert white.decoding == Decoding("white", 1000)
    assert "transparent pixels lie on white, as in training" in caplog.text
