from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import (
    ASTConfig,
    ASTFeatureExtractor,
    ASTForAudioClassification,
    Data2VecAudioConfig,
    Data2VecAudioModel,
    HubertConfig,
    HubertModel,
    UniSpeechConfig,
    UniSpeechModel,
    UniSpeechSatConfig,
    UniSpeechSatModel,
    Wav2Vec2Config,
    Wav2Vec2ConformerConfig,
    Wav2Vec2ConformerModel,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForPreTraining,
    WavLMConfig,
    WavLMModel,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from lfx.modalities.audio.transformers_encoder import TransformersAudioEncoder
from lfx.modalities.trainable import choose_trainable, set_training_mode
from lfx.modalities.weights import Weights
from lfx.runtime.errors import ConfigError, WeightsError

SMALL = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "conv_dim": (16, 16, 16),
    "conv_kernel": (10, 3, 3),
    "conv_stride": (5, 2, 2),
    "num_feat_extract_layers": 3,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "vocab_size": 32,
    "layerdrop": 0.0,
}
LAYER = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
WAVEFORMS = {
    "wav2vec2": (Wav2Vec2Config, Wav2Vec2ForPreTraining, {}),
    "wav2vec2 with layer norm": (Wav2Vec2Config, Wav2Vec2ForPreTraining, LAYER),
    "hubert": (HubertConfig, HubertModel, {}),
    "wavlm": (WavLMConfig, WavLMModel, {}),
    "data2vec": (Data2VecAudioConfig, Data2VecAudioModel, {"conv_pos_kernel_size": 5}),
    "unispeech": (UniSpeechConfig, UniSpeechModel, {}),
    "unispeech-sat": (UniSpeechSatConfig, UniSpeechSatModel, {}),
    "conformer": (
        Wav2Vec2ConformerConfig,
        Wav2Vec2ConformerModel,
        {"position_embeddings_type": "rotary"},
    ),
}
KINDS = [*WAVEFORMS, "ast", "whisper"]


def save(kind, folder):
    """Write a small random model and its feature extractor, as the hub has them."""
    torch.manual_seed(1)
    if kind == "ast":
        config = ASTConfig(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=40,
            max_length=64,
            num_mel_bins=32,
        )
        model = ASTForAudioClassification(config)
        extractor = ASTFeatureExtractor(num_mel_bins=32, max_length=64)
    elif kind == "whisper":
        config = WhisperConfig(
            d_model=32,
            encoder_layers=2,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=40,
            decoder_ffn_dim=40,
            num_mel_bins=24,
            max_source_positions=100,
            vocab_size=60,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=1,
            begin_suppress_tokens=None,
        )
        model = WhisperForConditionalGeneration(config)
        extractor = WhisperFeatureExtractor(feature_size=24, chunk_length=2)
    else:
        build, wrap, more = WAVEFORMS[kind]
        model = wrap(build(**SMALL | more))
        extractor = Wav2Vec2FeatureExtractor()
    model.save_pretrained(folder)
    extractor.save_pretrained(folder)
    return model, extractor


@pytest.fixture
def load():
    def build(folder, **options):
        weights = Weights(source="path", path=str(folder))
        return TransformersAudioEncoder(weights=weights, **{"max_seconds": 2.0} | options).build([])

    return build


@pytest.fixture
def waveforms(tone):
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    return [tone(440, 0.5, 16_000), noise, 0.1 * noise[:5_000]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_is_loaded_described_and_restored_to_the_bit(load, waveforms, tmp_path, kind):
    save(kind, tmp_path)
    encoder = load(tmp_path).eval()
    batch = encoder.front_end(waveforms)
    with torch.no_grad():
        encoded = encoder.encode(batch)
    assert encoded.features.shape == (3, 32) == (3, encoder.features)
    assert encoded.tokens.shape[2] == encoder.token_features
    assert encoded.mask.shape == encoded.tokens.shape[:2]
    assert torch.isfinite(encoded.features).all()
    description = json.loads(json.dumps(encoder.description()))
    torch.manual_seed(7)
    again = TransformersAudioEncoder.restore(description).eval()
    again.load_state_dict(encoder.state_dict())
    with torch.no_grad():
        assert torch.equal(again(again.front_end(waveforms)), encoded.features)
    assert again.description() == encoder.description()
    assert again.max_seconds == encoder.max_seconds
    with torch.device("meta"):  # as a checkpoint is looked at first
        sketch = TransformersAudioEncoder.restore(description)
    assert set(sketch.state_dict()) == set(encoder.state_dict())


@pytest.mark.parametrize("kind", KINDS)
def test_a_recordings_features_do_not_depend_on_its_neighbours(load, waveforms, tmp_path, kind):
    save(kind, tmp_path)
    encoder = load(tmp_path).eval()
    waveforms = [*waveforms, waveforms[1][:3]]  # shorter than any convolution
    with torch.no_grad():
        together = encoder.encode(encoder.front_end(waveforms))
        for row, waveform in enumerate(waveforms):
            alone = encoder.encode(encoder.front_end([waveform]))
            assert torch.allclose(together.features[row], alone.features[0], atol=2e-5), row
            count = int(together.mask[row].sum())
            assert count == int(alone.mask.sum()) >= 1


@pytest.mark.parametrize("kind", [*WAVEFORMS])
def test_waveforms_are_encoded_as_transformers_does(load, waveforms, tmp_path, kind):
    """Alone, since transformers' own result depends on padding where groups are normalised."""
    model, extractor = save(kind, tmp_path)
    encoder = load(tmp_path).eval()
    model = getattr(model, model.base_model_prefix, model).eval()
    for waveform in waveforms:
        inputs = extractor(waveform, sampling_rate=16_000, return_tensors="pt")
        with torch.no_grad():
            theirs = model(**inputs).last_hidden_state
            ours = encoder.encode(encoder.front_end([waveform]))
        assert torch.allclose(ours.tokens, theirs, atol=1e-4)
        assert torch.allclose(ours.features, theirs.mean(dim=1), atol=1e-4)


def test_filter_banks_are_encoded_as_transformers_does(load, waveforms, tmp_path):
    model, extractor = save("ast", tmp_path)
    encoder = load(tmp_path).eval()
    inputs = extractor(waveforms, sampling_rate=16_000, return_tensors="pt")["input_values"]
    ours = encoder.front_end(waveforms)["spectrogram"]
    assert ours.dtype == torch.float32
    assert torch.allclose(ours, inputs.float(), atol=1e-4)
    with torch.no_grad():
        theirs = model.audio_spectrogram_transformer.eval()(inputs.float()).pooler_output
        assert torch.allclose(encoder({"spectrogram": ours}), theirs, atol=1e-4)


def test_whispers_spectrograms_are_encoded_as_transformers_does(load, waveforms, tmp_path):
    model, extractor = save("whisper", tmp_path)
    encoder = load(tmp_path).eval()
    inputs = extractor(waveforms, sampling_rate=16_000, return_tensors="pt")["input_features"]
    ours = encoder.front_end(waveforms)
    assert torch.allclose(ours["spectrogram"], inputs, atol=1e-4)
    assert ours["frames"].tolist() == [50, 100, 32]
    with torch.no_grad():
        theirs = model.model.encoder.eval()(inputs).last_hidden_state
        encoded = encoder.encode(ours)
    assert torch.allclose(encoded.tokens, theirs, atol=1e-4)
    assert encoded.mask.sum(dim=1).tolist() == [25, 50, 16]
    assert torch.allclose(encoded.features[2], theirs[2, :16].mean(dim=0), atol=1e-4)


def test_whisper_reads_no_more_than_the_longest_recording(load, waveforms, tmp_path):
    save("whisper", tmp_path)
    whole, short = load(tmp_path), load(tmp_path, max_seconds=0.33)
    assert whole.config["max_source_positions"] == 100
    assert short.config["max_source_positions"] == 17
    assert short.front_end(waveforms)["spectrogram"].shape == (3, 24, 34)
    positions = whole.backbone.embed_positions.weight
    assert torch.equal(short.backbone.embed_positions.weight, positions[:17])
    assert torch.equal(short.backbone.conv1.weight, whole.backbone.conv1.weight)
    choose_trainable(short, "everything", 1)
    assert not short.backbone.embed_positions.weight.requires_grad
    assert not any(name.startswith("backbone.decoder") for name in short.state_dict())
    assert load(tmp_path, max_seconds=30.0).config["max_source_positions"] == 100


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_of_training_is_drawn_by_torch_alone(load, waveforms, tmp_path, kind):
    """NumPy's generator, which a resumed run does not restore, draws nothing."""
    save(kind, tmp_path)
    encoder = load(tmp_path)
    choose_trainable(encoder, "everything", 1)
    set_training_mode(encoder)
    batch, losses = encoder.front_end(waveforms), []
    for numpy_seed in (0, 1):
        torch.manual_seed(3)
        np.random.seed(numpy_seed)  # noqa: NPY002, the legacy generator that transformers draws from
        encoder.zero_grad()
        loss = functional.mse_loss(encoder(batch), torch.ones(3, 32))
        loss.backward()
        losses.append(loss.item())
    assert losses[0] == losses[1]
    before = encoder(batch).detach()
    torch.optim.SGD(encoder.parameters(), lr=0.1).step()
    with torch.no_grad():
        encoder.eval()
        assert not torch.equal(encoder(batch), before)
    unused = {name for name, one in encoder.named_parameters() if one.grad is None}
    always = {"unispeech-sat": "masked_spec_embed", "conformer": "encoder.pos_conv_embed"}
    assert all(name.startswith(f"backbone.{always[kind]}") for name in unused)


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_layers_are_trained_alone(load, waveforms, tmp_path, kind):
    save(kind, tmp_path)
    encoder = load(tmp_path)
    blocks = encoder.blocks()
    assert len(blocks) == 3
    flat = [id(parameter) for block in blocks for parameter in block]
    assert sorted(flat) == sorted(id(parameter) for parameter in encoder.parameters())
    choose_trainable(encoder, "last_blocks", 1)
    set_training_mode(encoder)
    encoder(encoder.front_end(waveforms)).sum().backward()
    trained = {name for name, one in encoder.named_parameters() if one.grad is not None}
    assert trained
    assert not any("conv_layers" in name or "layers.0" in name for name in trained)
    if kind in WAVEFORMS:
        assert not encoder.backbone.feature_extractor.training


def test_half_precision_is_loaded_as_full(load, tmp_path):
    model, _ = save("hubert", tmp_path)
    model.half().save_pretrained(tmp_path)
    assert {parameter.dtype for parameter in load(tmp_path).parameters()} == {torch.float32}


def test_a_processors_settings_are_read_too(load, waveforms, tmp_path):
    save("wav2vec2", tmp_path)
    file = tmp_path / "preprocessor_config.json"
    settings = json.loads(file.read_text()) | {"do_normalize": False}
    file.unlink()
    (tmp_path / "processor_config.json").write_text(json.dumps({"feature_extractor": settings}))
    encoder = load(tmp_path)
    assert not encoder.front_end.normalise
    assert torch.equal(
        encoder.front_end(waveforms[:1])["waveform"][0], torch.from_numpy(waveforms[0])
    )


def change(folder, name, **changes):
    file = folder / name
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.mark.parametrize(
    ("kind", "changes", "problem"),
    [
        ("wav2vec2", {"sampling_rate": 10**9}, "sampling_rate is 1000000000, allowed: an integer"),
        ("wav2vec2", {"sampling_rate": "16000"}, "sampling_rate is '16000'"),
        ("wav2vec2", {"padding_value": 1.0}, "padding_value is 1.0, allowed: 0, by which lfx pads"),
        ("ast", {"sampling_rate": 8000}, "sampling_rate is 8000, allowed: 16000"),
        ("ast", {"num_mel_bins": 64}, "number of bands of the model is 32, of its feature .* 64"),
        ("ast", {"max_length": 65}, "length in frames of the model is 64, .* 65"),
        ("ast", {"std": 0.0}, "std is 0.0, allowed: a number above 0"),
        ("whisper", {"feature_size": 80}, "number of bands of the model is 24, .* 80"),
        ("whisper", {"chunk_length": 30}, "length in frames of the model is 200, .* 3000"),
        ("whisper", {"hop_length": 0}, "hop_length is 0, allowed: an integer from 1"),
        ("whisper", {"dither": 0.1}, "dither is 0.1, allowed: 0: lfx adds no noise"),
    ],
)
def test_settings_that_do_not_fit_are_refused(load, tmp_path, kind, changes, problem):
    save(kind, tmp_path)
    change(tmp_path, "preprocessor_config.json", **changes)
    with pytest.raises(WeightsError, match=problem) as caught:
        load(tmp_path)
    assert str(caught.value).startswith(str(tmp_path))


def test_a_folder_without_settings_or_tensors_is_refused(load, tmp_path):
    model, _ = save("wav2vec2", tmp_path)
    file = tmp_path / "preprocessor_config.json"
    whole = file.read_text()
    for content in ("", "[" * 100_000, "{"):
        file.write_text(content)
        with pytest.raises(WeightsError, match=r"preprocessor_config\.json holds no settings of"):
            load(tmp_path)
    for content in ("[]", '"text"'):
        file.write_text(content)
        with pytest.raises(WeightsError, match=r"there is no preprocessor_config\.json, which"):
            load(tmp_path)
    file.write_text(whole)
    state = {name: one for name, one in model.state_dict().items() if ".layers.1." not in name}
    model.save_pretrained(tmp_path, state_dict=state)
    with pytest.raises(WeightsError, match=r"lacks \d+ tensors: encoder\.layers\.1\."):
        load(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"junk")
    with pytest.raises(WeightsError, match="is no transformers model: "):
        load(tmp_path)


@pytest.mark.parametrize("kind", ["bert", "clap", "code", "kernel", "extractor"])
def test_no_code_of_a_folder_is_run(load, tmp_path, kind):
    canary = tmp_path / "canary"
    (tmp_path / "model.py").write_text(f"open({str(canary)!r}, 'w')\n")
    save("wav2vec2", tmp_path)
    if kind == "extractor":  # is named, and not looked at
        change(
            tmp_path,
            "preprocessor_config.json",
            feature_extractor_type="Stranger",
            auto_map={"AutoFeatureExtractor": "model.Extractor"},
        )
        load(tmp_path)
    else:
        config = {
            "bert": {"model_type": "bert"},
            "clap": {"model_type": "clap"},
            "code": {"model_type": "stranger", "auto_map": {"AutoConfig": "model.Config"}},
            "kernel": {"model_type": "wav2vec2", "hidden_act": "stranger/kernel"},
        }[kind]
        (tmp_path / "config.json").write_text(json.dumps(config))
        with pytest.raises(WeightsError) as caught:
            load(tmp_path)
        assert len(str(caught.value)) < 600
    assert not canary.exists()


@pytest.mark.parametrize(
    ("part", "change_", "reason"),
    [
        ("front_end", {"kind": "numpy.load"}, "front_end.kind is 'numpy.load', allowed: waveform"),
        ("front_end", {"least": 10**9}, "front_end.least is 1000000000, allowed: an integer from"),
        ("front_end", {"least": 55}, "shortest waveform of the model is 40, .* 55"),
        ("front_end", {"path": "/etc"}, "front_end.path is unknown"),
        ("config", {"model_type": "bert"}, "the model type bert is no encoder of audio that lfx"),
        ("config", {"hidden_size": 10**9}, "config.hidden_size is 1000000000"),
        ("config", {"conv_stride": 7}, "config.conv_stride are .* allowed: two lists"),
        ("config", {"conv_stride": [0, 1, 1]}, "config.conv_stride are .* allowed: two lists"),
        ("config", {"model_type": "whisper"}, "kind of input of the model is whisper"),
        (None, {"max_seconds": "long"}, "max_seconds is 'long', allowed: a number above 0"),
        (None, {"weights": "/etc"}, "weights is unknown"),
    ],
)
def test_a_description_of_other_values_is_refused(load, tmp_path, part, change_, reason):
    save("wav2vec2", tmp_path)
    description = load(tmp_path).description()
    if part is None:
        description |= change_
    else:
        description[part] = description[part] | change_
    with pytest.raises(WeightsError, match=reason):
        TransformersAudioEncoder.restore(description)


def test_what_a_configuration_asks_for_beyond_a_shape_is_left_out(load, tmp_path):
    save("wav2vec2", tmp_path)
    change(
        tmp_path,
        "config.json",
        attn_implementation="stranger/kernel",
        quantization_config={"quant_method": "awq"},
        num_labels=10**9,
        mask_time_prob=0.5,
        add_adapter=True,
    )
    kept = load(tmp_path).config
    assert kept["mask_time_prob"] == 0
    assert not kept["apply_spec_augment"]
    assert not kept["add_adapter"]
    assert not {"attn_implementation", "quantization_config", "num_labels"} & set(kept)


def test_random_weights_are_refused():
    with pytest.raises(ConfigError, match="these encoders are pretrained; allowed: hub, path"):
        TransformersAudioEncoder()
