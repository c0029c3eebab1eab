"""Noise by nlpaug: every kind, drawn by seed and text alone."""

from __future__ import annotations

import random

import numpy as np
import pytest

from lfx.paraphrasing.augmenter import TextAugmenter, is_usable
from lfx.paraphrasing.noise import CharacterNoise, Noise

TEXT = "@user what a wonderful surprise for everybody tonight #GoodDay http://t.co/abc"
KINDS = [
    CharacterNoise("keyboard"),
    CharacterNoise("ocr"),
    *(CharacterNoise("random_character", action=a) for a in ("insert", "substitute", "swap")),
    CharacterNoise("random_character", action="delete"),
    *(Noise("random_word", action=action) for action in ("swap", "delete")),
    Noise("spelling"),
    Noise("split"),
]


@pytest.mark.parametrize("noise", KINDS, ids=lambda one: f"{one.kind} {one.action}")
def test_every_kind_changes_words_but_no_mention_hashtag_or_link(noise):
    assert isinstance(noise, TextAugmenter)
    texts = [TEXT, "", TEXT.replace("tonight", "today")]
    got = noise.augment(texts)
    assert len(got) == 3
    assert got[1] == ""
    assert is_usable(TEXT, got[0])
    assert {"@user", "#GoodDay", "http://t.co/abc"} <= set(got[0].split())
    assert noise.augment(texts[::-1]) == got[::-1]


def drawn():
    return random.random(), np.random.random()  # noqa: NPY002, S311, nlpaug draws from these


def test_what_is_drawn_follows_the_seed_and_leaves_other_generators_alone():
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    expected = drawn()
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002
    one = Noise("random_word", action="delete").augment([TEXT])
    assert drawn() == expected
    others = {
        tuple(Noise("random_word", seed=s, action="delete").augment([TEXT])) for s in range(9)
    }
    assert tuple(one) in others
    assert len(others) > 4


def test_the_shares_say_how_much_is_changed():
    words = " ".join(f"somewhere{number}" for number in range(50))
    for share, expected in ((0.1, 5), (0.5, 25), (1.0, 50)):
        got = CharacterNoise("random_character", word_share=share, action="delete").augment([words])
        changed = sum(a != b for a, b in zip(got[0].split(), words.split(), strict=True))
        assert changed == expected
    few = CharacterNoise("keyboard", word_share=1.0, character_share=0.01).augment([words])[0]
    differing = [
        sum(a != b for a, b in zip(one, other, strict=True))
        for one, other in zip(few.split(), words.split(), strict=True)
    ]
    assert set(differing) <= {0, 1}
    assert sum(differing) > 40


def test_identity_tells_settings_apart():
    found = {noise.identity for noise in [*KINDS, Noise("split", seed=1), Noise("split", 0.2)]}
    assert len(found) == len(KINDS) + 2
