from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from lfx.modalities.text.tokenizer import TextTokenizer, load_tokenizer, train_tokenizer
from lfx.runtime.errors import WeightsError

TEXTS = ["good morning sunny world", "the train was late again, again", "naïve café 😀"] * 4
TOKENIZER = train_tokenizer(TEXTS, vocabulary=300, max_length=64)


@given(st.text(st.characters(codec="utf-8", exclude_characters="<"), max_size=12))
def test_any_text_survives_the_round_trip(text):
    (ids,) = TOKENIZER([text])
    decoded = Tokenizer.from_str(TOKENIZER.state).decode(ids)
    # A space is put before a text that has none, so that its first word is like any other.
    assert decoded == (text if not text or text.startswith(" ") else f" {text}")


def test_the_first_word_is_like_any_other():
    assert TOKENIZER(["good"])[0] == TOKENIZER([" good"])[0]


def test_texts_are_framed_and_padding_is_none_of_them():
    assert TOKENIZER.padding == 0
    (ids,) = TOKENIZER(["good morning"])
    assert (ids[0], ids[-1]) == (1, 2)
    assert 0 not in ids
    assert TOKENIZER([""]) == [[1, 2]]
    assert TOKENIZER([]) == []


def test_long_texts_are_cut_and_keep_their_end():
    tokenizer = TextTokenizer(TOKENIZER.state, TOKENIZER.padding, max_length=8)
    short, long = tokenizer(["hi", "the train was late again " * 20])
    assert len(short) < 8
    assert len(long) == 8
    assert (long[0], long[-1]) == (1, 2)


def test_frequent_words_become_single_tokens():
    words = train_tokenizer(["sunshine " * 50], vocabulary=400, max_length=64)
    assert len(words(["sunshine"])[0]) == 3
    assert len(words(["qxzjkv"])[0]) > 3
    assert words.vocabulary <= 400


def test_training_is_deterministic():
    again = train_tokenizer(TEXTS, vocabulary=300, max_length=64)
    assert again.state == TOKENIZER.state
    assert TextTokenizer(again.state, 0, 64)(TEXTS) == TOKENIZER(TEXTS)


def test_padding_and_truncation_of_a_stored_tokenizer_do_not_count():
    stored = Tokenizer.from_str(TOKENIZER.state)
    stored.enable_padding(length=40)
    stored.enable_truncation(4)
    tokenizer = TextTokenizer(stored.to_str(), 0, max_length=64)
    assert tokenizer(TEXTS[:2]) == TOKENIZER(TEXTS[:2])


def test_an_unframed_empty_text_has_a_token_all_the_same():
    state = json.loads(TOKENIZER.state) | {"post_processor": None}
    assert TextTokenizer(json.dumps(state), 0, max_length=64)([""]) == [[0]]


def test_a_folder_without_a_tokenizer_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="has no tokenizer that can be loaded"):
        load_tokenizer(tmp_path, 64)


def test_texts_that_are_too_long_are_counted():
    tokenizer = train_tokenizer(["one two three four five six"], 300, 8)
    tokenized = tokenizer.tokenize(
        ["one", "one two three four five six seven eight nine", "", "a" * 99]
    )
    assert tokenized.shortened == 2
    assert [len(ids) for ids in tokenized.ids] == [len(tokenizer(["one"])[0]), 8, 2, 8]
