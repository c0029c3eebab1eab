"""Which regime an encoder is trained by, as the command line composes it."""

from __future__ import annotations

import pytest

from lfx.runtime.errors import ConfigError

CLASSICAL, SUPERVISED = "lfx.training.classical.Classical", "lfx.training.supervised.Supervised"


@pytest.mark.parametrize(
    ("settings", "regime"),
    [
        (["modality=text", "encoder=ngrams"], CLASSICAL),
        (["encoder=ngrams", "modality=text"], CLASSICAL),
        (["modality=vector", "encoder=logistic"], CLASSICAL),
        (["modality=text", "encoder=ngrams", "training=supervised"], SUPERVISED),
        (["training=supervised", "modality=vector", "encoder=logistic"], SUPERVISED),
        (["modality=text"], SUPERVISED),
        (["modality=vector"], SUPERVISED),
        (["modality=text", "encoder=minilm"], SUPERVISED),
        (["modality=vector", "encoder=gru"], SUPERVISED),
        (
            ["modality=text", "encoder=minilm", "training=classical", "encoder.trainable=nothing"],
            CLASSICAL,
        ),
    ],
)
def test_an_encoder_chooses_its_regime_unless_it_is_given(typed, settings, regime):
    assert typed("train", *settings).training._target_ == regime


def test_the_default_name_tells_the_regime(typed):
    assert typed("train", "modality=text", "encoder=ngrams").name == "text_classical"
    assert typed("train", "modality=text", "encoder=ngrams", "name=words").name == "words"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        (
            ["modality=text", "encoder=minilm", "training=classical"],
            "trainable=last_blocks, and tr",
        ),
        (["modality=vector", "encoder=mlp", "training=classical"], "trainable=everything, and tra"),
        (["modality=text_contrastive", "encoder=ngrams"], "phase 1 trains the encoder; encoder.tr"),
        (["modality=image", "encoder=ngrams"], "encoder=ngrams reads text, but modality=image"),
        (["modality=text", "encoder=ngrams", "loss=supcon"], "loss is for training in two phases"),
    ],
)
def test_what_does_not_go_together_is_told(typed, settings, reason):
    with pytest.raises(ConfigError, match=reason):
        typed("train", *settings)


def test_settings_of_a_vector_reach_their_classes(typed):
    settings = ["modality.column=audio", "encoder=gru", "encoder.hidden=7", "encoder.layers=2"]
    config = typed("train", "modality=vector", *settings)
    assert config.modality.column == "audio"
    assert (config.encoder.hidden, config.encoder.layers) == (7, 2)
    ngrams = ["encoder=ngrams", "encoder.word_ngrams=[1,3]", "encoder.char_ngrams=null"]
    encoder = typed("train", "modality=text", *ngrams, "encoder.max_features=null").encoder
    assert list(encoder.word_ngrams) == [1, 3]
    assert encoder.char_ngrams is encoder.max_features is None
    config = typed("train", "modality=text", "encoder=ngrams", "training.Cs=[1,2]")
    assert list(config.training.Cs) == [1, 2]
