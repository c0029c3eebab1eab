from __future__ import annotations

import json
import logging

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaModel,
)
from transformers.utils import logging as noise

from lfx.modalities.text.cleaning import Cleaning
from lfx.modalities.text.description import shape_of
from lfx.modalities.text.encoder import TextEncoder
from lfx.modalities.text.transformers_encoder import TransformersEncoder
from lfx.modalities.weights import Weights
from lfx.runtime.errors import ConfigError, WeightsError

SENTENCES = ["good morning", "the train was late again and again and again and again", ""]
SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
BERT = SMALL | {"intermediate_size": 48}
ARCHITECTURES = [
    ("bert", SMALL | {"intermediate_size": 48}),
    ("roberta", SMALL | {"intermediate_size": 48}),
    ("electra", SMALL | {"intermediate_size": 48, "embedding_size": 16}),
    ("distilbert", {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 48}),
]


@pytest.mark.parametrize(("kind", "arguments"), ARCHITECTURES)
def test_random_models_run_at_full_length(make_text, tokenize, kind, arguments):
    encoder = make_text(model_type=kind, model_args=arguments).eval()
    batch = tokenize(encoder, SENTENCES)
    assert batch["input_ids"].shape == (3, 12)
    features = encoder(batch)
    assert features.shape == (3, encoder.features) == (3, 32)
    assert torch.isfinite(features).all()


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_padding_does_not_change_a_text(make_text, tokenize, pooling):
    encoder = make_text(pooling=pooling).eval()
    with torch.no_grad():
        together = encoder(tokenize(encoder, SENTENCES))[0]
        alone = encoder(tokenize(encoder, SENTENCES[:1]))[0]
    assert torch.allclose(together, alone, atol=1e-5)


def test_first_is_the_first_tokens_vector(make_text, tokenize):
    encoder = make_text(pooling="first").eval()
    batch = tokenize(encoder, SENTENCES)
    with torch.no_grad():
        assert torch.equal(encoder(batch), encoder.backbone(**batch).last_hidden_state[:, 0])


@pytest.mark.parametrize(("kind", "arguments"), ARCHITECTURES)
def test_a_description_builds_the_same_encoder(make_text, tokenize, kind, arguments):
    encoder = make_text(model_type=kind, model_args=arguments).eval()
    description = json.loads(json.dumps(encoder.description()))
    again = TransformersEncoder.restore(description)
    again.load_state_dict(encoder.state_dict())
    with torch.no_grad():
        batch = tokenize(encoder, SENTENCES)
        assert torch.equal(again.eval()(tokenize(again, SENTENCES)), encoder(batch))
    # What is no shape, such as the version of transformers, is left out.
    wanted = description | {"config": shape_of(description["config"])}
    assert again.description() == wanted
    assert TransformersEncoder.restore(wanted).description() == wanted


def test_a_wrong_architecture_is_refused(make_text):
    with pytest.raises(
        ConfigError, match=r"encoder.model_type=berd: transformers has no such model"
    ):
        make_text(model_type="berd")
    with pytest.raises(ConfigError, match="model_args: bert has no setting hiden_size"):
        make_text(model_args={"hiden_size": 32})
    with pytest.raises(ConfigError, match=r"model_args encodes no text: .*not a multiple"):
        make_text(model_args={"hidden_size": 33, "num_attention_heads": 2})
    with pytest.raises(ConfigError, match="counts are at least 0, got num_hidden_layers=-1"):
        make_text(model_args=BERT | {"num_hidden_layers": -1})
    with pytest.raises(ConfigError, match=r"bert with these .*model_args encodes no text: \S"):
        make_text(model_args=BERT | {"num_attention_heads": 0})
    with pytest.raises(ConfigError, match=r"model_args: bert refuses them: .*hidden_act"):
        make_text(model_args=BERT | {"hidden_act": 3})
    # Models of images are built without an error, and need pixels.
    with pytest.raises(ConfigError, match=r"model_type=vit is no encoder: .* reads no tokens"):
        make_text(
            model_type="vit",
            model_args={"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2},
        )
    with pytest.raises(ConfigError, match=r"encoder.model_type=t5 is no encoder"):
        make_text(model_type="t5", model_args={})


@pytest.mark.parametrize("name", ["vocab_size", "pad_token_id", "max_position_embeddings"])
def test_what_follows_from_other_settings_cannot_be_given(make_text, name):
    with pytest.raises(ConfigError, match=f"{name} cannot be given; .*encoder.vocabulary and"):
        make_text(model_args=BERT | {name: 5})


def test_a_model_without_layers_has_one_block(make_text):
    encoder = make_text(model_args=BERT | {"num_hidden_layers": 0})
    assert [len(block) for block in encoder.blocks()] == [len(list(encoder.parameters()))]


def test_building_draws_nothing_beyond_the_weights(make_text):
    """The text that is tried must not move the generator that the head's weights come from."""
    encoder = make_text()
    after = torch.get_rng_state()
    torch.manual_seed(0)
    again = TextEncoder(config=encoder.config, pooling="mean", tokenizer=encoder.tokenizer)
    assert torch.equal(torch.get_rng_state(), after)
    assert encoder.training == again.training


@pytest.fixture
def stored(make_text, tmp_path):
    """A folder as `save_pretrained` leaves it: half precision, with a head that is not wanted."""
    encoder = make_text()
    config = BertConfig(
        vocab_size=encoder.tokenizer.vocabulary,
        max_position_embeddings=16,
        **SMALL,
        intermediate_size=48,
    )
    torch.manual_seed(1)
    model = BertForMaskedLM(config)
    model.half().save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_text(encoder.tokenizer.state, encoding="utf-8")
    PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "tokenizer.json"),
        pad_token="<pad>",  # noqa: S106, a token of a text
    ).save_pretrained(tmp_path)
    return tmp_path, model


def load(make_text, folder, **options):
    return make_text(weights=Weights(source="path", path=str(folder)), **options)


def test_a_folder_is_loaded_in_full_precision(make_text, tokenize, stored):
    folder, model = stored
    encoder = load(make_text, folder)
    assert {parameter.dtype for parameter in encoder.parameters()} == {torch.float32}
    word = model.bert.embeddings.word_embeddings.weight
    assert torch.equal(encoder.backbone.embeddings.word_embeddings.weight, word.float())
    assert encoder.eval()(tokenize(encoder, SENTENCES)).shape == (3, 32)
    assert encoder.tokenizer.padding == 0


def test_loading_is_silent_and_leaves_transformers_as_it_was(make_text, stored, capfd, caplog):
    folder, _ = stored
    noise.set_verbosity_warning()
    capfd.readouterr()
    with caplog.at_level(logging.WARNING):
        load(make_text, folder)
    said = capfd.readouterr()
    assert (said.out, said.err, caplog.messages) == ("", "", [])
    assert noise.get_verbosity() == logging.WARNING
    assert noise.is_progress_bar_enabled()


def test_texts_longer_than_the_model_reads_are_refused(make_text, stored):
    folder, _ = stored
    assert load(make_text, folder, max_length=16).tokenizer.max_length == 16
    with pytest.raises(ConfigError, match=r"encoder.max_length=17: the model reads 16 tokens"):
        load(make_text, folder, max_length=17)


def test_positions_before_the_first_token_do_not_count(make_text, tokenize, tmp_path):
    """RoBERTa counts positions from its padding token onwards, so it reads two tokens fewer."""
    encoder = make_text(model_type="roberta", model_args=BERT)
    config = RobertaConfig(
        vocab_size=encoder.tokenizer.vocabulary, max_position_embeddings=16, pad_token_id=1, **BERT
    )
    RobertaModel(config).save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_text(encoder.tokenizer.state, encoding="utf-8")
    PreTrainedTokenizerFast(
        tokenizer_file=str(tmp_path / "tokenizer.json"),
        pad_token="<s>",  # noqa: S106, a token of a text
    ).save_pretrained(tmp_path)
    loaded = load(make_text, tmp_path, max_length=14).eval()
    batch = tokenize(loaded, ["again " * 20])
    assert batch["input_ids"].shape == (1, 14)
    assert torch.isfinite(loaded(batch)).all()
    with pytest.raises(ConfigError, match=r"encoder.max_length=15: the model reads 14 tokens"):
        load(make_text, tmp_path, max_length=15)


def test_weights_that_lack_a_tensor_are_refused(make_text, stored):
    """Transformers would leave the layer random and only print a table."""
    folder, _ = stored
    tensors = load_file(folder / "model.safetensors")
    kept = {name: tensor for name, tensor in tensors.items() if "layer.1." not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"lacks 16 tensors: encoder\.layer\.1\."):
        load(make_text, folder)


def test_a_folder_without_model_or_tokenizer_is_refused(make_text, stored, tmp_path_factory):
    with pytest.raises(WeightsError, match="is no transformers model: "):
        load(make_text, tmp_path_factory.mktemp("empty"))
    folder, _ = stored
    (folder / "tokenizer.json").unlink()
    with pytest.raises(WeightsError, match=r"has no tokenizer that can be loaded|has no fast form"):
        load(make_text, folder)
    (folder / "model.safetensors").write_bytes(b"junk")
    with pytest.raises(WeightsError, match="is no transformers model: "):
        load(make_text, folder)


def test_a_tokenizer_without_padding_is_refused(make_text, stored):
    folder, _ = stored
    file = str(folder / "tokenizer.json")
    PreTrainedTokenizerFast(tokenizer_file=file).save_pretrained(folder)
    with pytest.raises(WeightsError, match="its tokenizer has no fast form or no padding token"):
        load(make_text, folder)


def test_a_tokenizer_of_another_model_is_refused(make_text, stored):
    folder, _ = stored
    words = "other tokenizers were trained on longer texts with many more frequent words"
    larger = make_text(vocabulary=400, train_texts=[words] * 9)
    state = larger.tokenizer.state
    (folder / "tokenizer.json").write_text(state, encoding="utf-8")
    with pytest.raises(WeightsError, match=r"its tokenizer knows \d+ tokens, its model \d+; they"):
        load(make_text, folder)


def test_texts_are_cleaned_before_they_are_cut(make_text):
    cleaning = Cleaning(lower=True, mentions="placeholder", hashtags="split")
    encoder = make_text(cleaning=cleaning)
    assert encoder.tokens(["@Bob #SunnyDay"]) == encoder.tokenizer(["@user sunny day"])
    assert encoder.tokens(["@Bob"]) != make_text().tokens(["@Bob"])
    assert Cleaning(**json.loads(json.dumps(encoder.description()))["cleaning"]) == cleaning
    # The vocabulary, too, is trained on clean texts.
    shouting = make_text(cleaning=cleaning, train_texts=["GOOD DAY " * 50])
    assert len(shouting.tokens(["good day"])[0]) == 4


@pytest.mark.parametrize("kind", ["clip", "vit", "t5", "stranger", "code", "kernel", "empty"])
def test_a_folder_that_holds_no_text_encoder_is_told_in_a_line(make_text, tmp_path, kind):
    """Neither is code of the folder run, nor a name of code in its configuration followed."""
    canary = tmp_path / "canary"
    (tmp_path / "model.py").write_text(f"open({str(canary)!r}, 'w')\n")
    config = {
        "clip": {"model_type": "clip"},
        "vit": {"model_type": "vit"},
        "t5": {"model_type": "t5"},
        "stranger": {"model_type": "stranger"},
        "code": {"model_type": "stranger", "auto_map": {"AutoConfig": "model.Config"}},
        "kernel": {"model_type": "bert", "_attn_implementation": "stranger/kernel"},
        "empty": {},
    }[kind]
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(WeightsError) as caught:
        make_text(weights=Weights(source="path", path=str(tmp_path)))
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 600
    assert not canary.exists()
