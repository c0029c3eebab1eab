"""Texts as n-grams: against scikit-learn, and as the model and a checkpoint have them."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union

from lfx.modalities.modality import NO_EPOCH
from lfx.modalities.text.augmentation import TextAugmentation
from lfx.modalities.text.cleaning import Cleaning, tweet_tokens
from lfx.modalities.text.modality import TextModality
from lfx.modalities.text.ngrams import NgramsEncoder
from lfx.runtime.errors import ConfigError, DataError, WeightsError
from lfx.runtime.fields import is_plain

TRAIN = [
    "Good morning @you, sunny SUNNY world :)",
    "the train was late again, and again, and again :(",
    "what a day, what a game! #whataday",
    "Good game, sunny day… the café was open 🙂",
    "late late late again",
    "",
] * 2
NEW = ["a good DAY", "", "Ünknown ¿words?", "sunny :) :) :)", "the the the game was good"]


def features(encoder, texts):
    inputs = encoder.inputs(texts)
    batch = inputs.collate(list(range(len(texts))), NO_EPOCH, 1)
    with torch.no_grad():
        return encoder.eval()(batch).numpy(), inputs


def vectorizers(encoder):
    """What scikit-learn has for the same settings."""
    cut = {"words": {}, "tweets": {"tokenizer": tweet_tokens, "token_pattern": None}}
    common = {
        "min_df": encoder.min_df,
        "max_features": encoder.max_features,
        "sublinear_tf": encoder.sublinear_tf,
        "lowercase": encoder.lowercase,
        "preprocessor": None,
    }
    parts = []
    if encoder.word_ngrams is not None:
        words = TfidfVectorizer(ngram_range=encoder.word_ngrams, **cut[encoder.tokens], **common)
        parts.append(words)
    if encoder.char_ngrams is not None:
        ngrams = encoder.char_ngrams
        parts.append(TfidfVectorizer(analyzer="char_wb", ngram_range=ngrams, **common))
    return make_union(*parts)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"tokens": "tweets"},
        {"min_df": 1, "word_ngrams": (2, 3)},
        {"sublinear_tf": False, "lowercase": False},
        {"max_features": 7},
        {"char_ngrams": None},
        {"word_ngrams": None, "char_ngrams": (1, 1)},
    ],
)
def test_features_are_those_of_scikit_learn(settings):
    builder = NgramsEncoder(**settings)
    encoder, theirs = builder.build(TRAIN), vectorizers(builder).fit(TRAIN)
    for texts in (TRAIN, NEW):
        ours, _ = features(encoder, texts)
        assert ours.dtype == np.float32
        assert ours.shape == (len(texts), encoder.features)
        np.testing.assert_allclose(ours, theirs.transform(texts).toarray(), atol=1e-6)


def test_a_batch_holds_what_its_texts_have():
    encoder = NgramsEncoder().build(TRAIN)
    whole, inputs = features(encoder, NEW)
    assert inputs.lengths == [int((row != 0).sum()) for row in whole]
    batch = inputs.collate([3, 1], 4, 2)
    assert batch["terms"].shape == batch["counts"].shape == (4, inputs.lengths[3])
    assert np.array_equal(encoder(batch).numpy(), whole[[3, 1, 3, 1]])
    empty = inputs.collate([1], NO_EPOCH, 1)
    assert encoder(empty).abs().sum() == 0
    columns, values = encoder.entries(batch)
    again = torch.zeros(4, encoder.features)
    for row in range(4):
        for column, value in zip(columns[row], values[row], strict=True):
            again[row, column] += value
    assert np.array_equal(again.numpy(), whole[[3, 1, 3, 1]])


def test_texts_are_cleaned_first():
    cleaning = Cleaning(mentions="drop", lower=True)
    encoder = NgramsEncoder(cleaning=cleaning, min_df=1, lowercase=False).build(TRAIN)
    assert "you" not in encoder.words.terms
    assert "Good" not in encoder.words.terms
    cleaned, _ = features(encoder, ["Good day @you"])
    np.testing.assert_array_equal(cleaned, features(encoder, ["good day"])[0])


@pytest.mark.parametrize(
    "settings", [{}, {"tokens": "tweets", "char_ngrams": None}, {"word_ngrams": None}]
)
def test_a_description_builds_the_same_encoder(settings):
    encoder = NgramsEncoder(**settings).build(TRAIN)
    description = json.loads(json.dumps(encoder.description()))
    assert is_plain(description)
    again = NgramsEncoder.restore(description)
    again.load_state_dict(encoder.state_dict())
    np.testing.assert_array_equal(features(again, NEW)[0], features(encoder, NEW)[0])
    assert again.description() == description
    assert encoder.state_dict().keys() == {"idf"}
    assert list(encoder.parameters()) == encoder.blocks() == []


def test_no_ngram_breaks_the_lines_of_a_description():
    texts = ["one \n two\u2028three . \n . end", "a\x0bb\x1cc\r\nd e"] * 2
    for tokens in ("words", "tweets"):
        encoder = NgramsEncoder(tokens=tokens, char_ngrams=(1, 5)).build(texts)
        again = NgramsEncoder.restore(encoder.description())
        assert again.words == encoder.words or list(again.words.terms) == list(encoder.words.terms)
        assert list(again.characters.terms) == list(encoder.characters.terms)


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("words", [], "words is a list of 0, allowed: named values or none"),
        ("words|terms", ["a"], "words.terms is a list of 1, allowed: a string"),
        ("words|terms", "a\nb\na", "words.terms holds one twice"),
        ("words|terms", "a\n\nb\n", "words.terms holds one twice"),
        ("words|terms", "\ud800", "words.terms"),
        (
            "words|ngrams",
            [1, 10**9],
            "words.ngrams is a list of 2, allowed: two integers from 1 to",
        ),
        ("words|ngrams", [2, 1], "words.ngrams is 2 to 1"),
        ("words|ngrams", [1], "words.ngrams"),
        ("words|tokens", "(a+)+$", "words.tokens is .*, allowed: words or tweets"),
        ("words|tokens", "characters", "words.tokens"),
        ("characters|tokens", "words", "characters.tokens"),
        ("characters|lowercase", 1, "characters.lowercase"),
        ("characters|more", 1, "characters.more is unknown"),
        ("sublinear", None, "sublinear is None, allowed: true or false"),
        ("cleaning|lower", "yes", "cleaning.lower"),
        ("more", 1, "more is unknown"),
    ],
)
def test_a_wrong_description_is_refused(path, value, reason):
    description = json.loads(json.dumps(NgramsEncoder().build(TRAIN).description()))
    *parents, last = path.split("|")
    part = description
    for key in parents:
        part = part[key]
    part[last] = value
    with pytest.raises(WeightsError, match=f"(?s)the encoder's description is wrong.*{reason}"):
        NgramsEncoder.restore(description)


def test_settings_that_count_nothing_are_refused():
    with pytest.raises(ConfigError, match="must not both be null"):
        NgramsEncoder(word_ngrams=None, char_ngrams=None)
    with pytest.raises(ConfigError, match=r"encoder.word_ngrams: allowed are the .* got \[3, 2\]"):
        NgramsEncoder(word_ngrams=(3, 2))
    with pytest.raises(ConfigError, match=r"char_ngrams: .* up to 20; got \[1, 21\]"):
        NgramsEncoder(char_ngrams=(1, 21))
    with pytest.raises(ConfigError, match="encoder=ngrams has no parameters; allowed: nothing"):
        NgramsEncoder(trainable="everything")
    with pytest.raises(ConfigError, match="tokens: allowed are words, tweets; got 'letters'"):
        NgramsEncoder(tokens="letters")
    with pytest.raises(DataError, match="no n-gram is in 3 of the 2 texts of the train split"):
        NgramsEncoder(min_df=3).build(TRAIN[:2])
    with pytest.raises(DataError, match="no n-gram is in 2 of the 2 texts"):
        NgramsEncoder(char_ngrams=None).build(["one", "two"])


def test_one_kind_may_be_empty():
    encoder = NgramsEncoder(min_df=2).build(["a b c", "a d"])  # no words of two letters
    assert encoder.word_count == 0
    assert features(encoder, ["a b"])[0].shape == (1, encoder.features)
    again = NgramsEncoder.restore(encoder.description())
    assert again.description() == encoder.description()


def test_a_table_of_texts_becomes_batches(table, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    modality, rows = TextModality(), table.rows("val")
    encoder = NgramsEncoder().build(modality.content(table, table.rows("train")))
    inputs = modality.inputs(table, rows, encoder, tmp_path, seed=0)
    expected, _ = features(encoder, modality.content(table, rows))
    found = encoder(inputs.collate(list(range(len(rows))), 0, 1)).numpy()
    np.testing.assert_array_equal(found, expected)
    assert caplog.records == []
    dropping = TextModality(augmentation=TextAugmentation(token_drop=0.5))
    with pytest.raises(ConfigError, match=r"this encoder reads whole texts; .*token_drop=0 goes"):
        dropping.inputs(table, rows, encoder, tmp_path)


def test_emoticons_of_tweets_stay_as_they_are_when_letters_become_small():
    texts = ["GOOD Day :D @You #HappyDay", "bad day :P"] * 2
    encoder = NgramsEncoder(tokens="tweets", word_ngrams=(1, 1), char_ngrams=None).build(texts)
    assert sorted(encoder.words.terms) == sorted(
        [":D", ":P", "@you", "#happyday", "bad", "day", "good"]
    )
    restored = NgramsEncoder.restore(json.loads(json.dumps(encoder.description())))
    restored.load_state_dict(encoder.state_dict())
    np.testing.assert_array_equal(features(restored, texts)[0], features(encoder, texts)[0])
    kept = NgramsEncoder(
        tokens="tweets", word_ngrams=(1, 1), char_ngrams=None, lowercase=False
    ).build(texts)
    assert {":D", "@You", "GOOD", "#HappyDay"} <= set(kept.words.terms)


def test_a_vocabulary_of_small_emoticons_is_still_read():
    """Before, emoticons of tweets became small as well."""
    encoder = NgramsEncoder(tokens="tweets", char_ngrams=None).build(["a day :P"] * 2)
    description = json.loads(json.dumps(encoder.description()).replace(":P", ":p"))
    restored = NgramsEncoder.restore(description)
    restored.load_state_dict(encoder.state_dict())
    found, _ = features(restored, ["A day :P"])
    assert (found[0] != 0).sum() == 3  # "a", "day" and "a day"
