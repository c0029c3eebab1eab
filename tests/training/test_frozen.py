"""Frozen parts of a joint encoder run once: nothing that is learned, or logged, differs by it."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
import torch

from lfx.data.missing import take_away
from lfx.training import loaders
from lfx.training.frozen import frozen_parts
from lfx.training.loaders import classifier_loaders

STILL = "modality.inputs.image.augmentation={flip:0,rotation:0,translation:0,zoom:0}"


@pytest.fixture
def built(begun, configured, monkeypatch, tmp_path):
    """Build a joint model with frozen encoders of random weights, which settings refuse."""
    monkeypatch.setattr("lfx.modalities.text.transformers_encoder.require_features", ignore)
    monkeypatch.setattr("lfx.modalities.image.timm_encoder.require_features", ignore)

    def build(*overrides, frozen=("text", "image"), run="run"):
        settings = [f"modality.encoders.{name}.trainable=nothing" for name in frozen]
        (tmp_path / run).mkdir(exist_ok=True)
        config = configured("modality=joint", *settings, STILL, *overrides)
        return begun(config, run=tmp_path / run)

    return build


def ignore(*_given):
    return None


@pytest.mark.parametrize(
    ("joint", "precision"),
    [("concat", "fp32"), ("cross_attention", "fp32"), ("hybrid", "fp32"), ("gated", "bf16")],
)
def test_a_model_on_what_frozen_encoders_gave_is_the_one_that_runs_them(
    built, monkeypatch, caplog, joint, precision
):
    caplog.set_level(logging.INFO)
    results = []
    for run in ("cached", "run_each_epoch"):
        if run == "run_each_epoch":
            monkeypatch.setattr(loaders, "encode_frozen", lambda _encoder, inputs, _context: inputs)
        plan, model, context = built(f"joint={joint}", f"trainer.precision={precision}", run=run)
        caplog.clear()
        plan.regime.fit(model, context, plan.request)
        lines = [text.partition(" (")[0] for text in caplog.messages if text.startswith("epoch")]
        results.append((model.state_dict(), lines, caplog.text))
    (cached, lines, log), (whole, whole_lines, whole_log) = results
    assert len(lines) == 2
    assert "text is frozen: its encoder ran once over" in log
    assert "is frozen" not in whole_log
    close = {"rtol": 0, "atol": 1e-5} if precision == "fp32" else {"rtol": 0.05, "atol": 0.02}
    # Nothing depends on the bias of an attention's keys: its gradient is rounding alone.
    for name in [name for name in cached if not name.endswith("in_proj_bias")]:
        torch.testing.assert_close(cached[name], whole[name], **close, msg=name)
    if precision == "fp32":
        assert lines == whole_lines


def test_batches_hold_what_the_encoder_gives_in_its_number_format(built):
    _, model, context = built("joint=cross_attention")
    model.eval()
    train, _ = classifier_loaders(model, context)
    batch = next(iter(train))
    rows = [context.table.rows("train")[at] for at in batch["position"].tolist()]
    plain = context.inputs(rows, model.encoder).collate(list(range(len(rows))), -1, 1)
    assert "text/input_ids" in plain
    assert not [key for key in batch if key.endswith(("input_ids", "/image"))]
    assert batch["text/encoded:features"].dtype == torch.float32
    with torch.no_grad():
        torch.testing.assert_close(model.encoder(batch), model.encoder(plain), rtol=0, atol=1e-5)
        for name in ("text", "image"):
            torch.testing.assert_close(
                model.encoder.encode_part(name, batch),
                model.encoder.encode_part(name, plain),
                rtol=0,
                atol=1e-5,
            )


def test_samples_that_lack_a_part_lack_it_in_the_cache_too(built, table):
    _, model, context = built()
    fewer = take_away(table, {"text": 0.5}, ("train", "val", "test"), 0)
    train, _ = classifier_loaders(model, replace(context, table=fewer))
    rows = fewer.rows("train")
    has = fewer.columns["text"].present
    for batch in train:
        expected = [bool(has[rows[at]]) for at in batch["position"].tolist()]
        assert batch["text:present"].tolist() == expected
        assert len(batch.get("text/encoded:features", ())) == sum(expected)
    assert sum(map(bool, has[rows])) not in {0, len(rows)}


@pytest.mark.parametrize(
    ("overrides", "frozen", "expected"),
    [
        ((), ("text", "image"), ["image", "text"]),
        ((), ("text",), ["text"]),
        (("modality.inputs.image.augmentation.flip=0.5",), ("text", "image"), ["text"]),
        (("+modality.inputs.text.augmentation.token_drop=0.1",), ("text", "image"), ["image"]),
        ((), (), []),
    ],
)
def test_what_is_trained_or_augmented_runs_in_every_epoch(built, overrides, frozen, expected):
    _, model, context = built(*overrides, frozen=frozen)
    assert frozen_parts(model.encoder, context) == expected


def test_other_encoders_have_no_parts(begun, configured):
    _, model, context = begun(configured("modality=text"))
    assert frozen_parts(model.encoder, context) == []
