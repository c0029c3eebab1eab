from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest
import torch
from torch.nn import functional

from lfx.modalities.audio.convolutional import ConvolutionalEncoder
from lfx.modalities.audio.spec_augment import SpecAugment
from lfx.modalities.trainable import choose_trainable, set_training_mode
from lfx.runtime.errors import ConfigError, WeightsError


@pytest.fixture
def make_encoder():
    def build(**changes):
        torch.manual_seed(0)
        return ConvolutionalEncoder(**{"sampling_rate": 8000, "width": 4} | changes).build([])

    return build


@pytest.fixture
def waveforms(tone):
    generator = np.random.default_rng(0)
    noise = generator.standard_normal(5000).astype(np.float32)
    return [tone(), noise, tone(900, 0.21), noise[:333], noise[:1]]


def warm(encoder, waveforms):
    """Give batch normalisation statistics of its own."""
    encoder.train()
    with torch.no_grad():
        for _ in range(5):
            encoder(encoder.front_end(waveforms))
    return encoder.eval()


@pytest.mark.parametrize("changes", [{}, {"bands": 37, "width": 3, "sampling_rate": 16_000}])
def test_a_recordings_features_do_not_depend_on_its_neighbours(make_encoder, waveforms, changes):
    encoder = warm(make_encoder(**changes), waveforms)
    with torch.no_grad():
        together = encoder.encode(encoder.front_end(waveforms))
        for row, waveform in enumerate(waveforms):
            alone = encoder.encode(encoder.front_end([waveform]))
            assert torch.allclose(together.features[row], alone.features[0], atol=1e-5)
            count = int(together.mask[row].sum())
            frames = int(encoder.front_end([waveform])["frames"][0])
            assert count == alone.tokens.shape[1] == math.ceil(frames / 4)
            assert torch.allclose(together.tokens[row, :count], alone.tokens[0], atol=1e-5)
    assert together.features.shape == (5, encoder.features)
    assert together.tokens.shape[2] == encoder.token_features
    assert torch.isfinite(together.features).all()


def test_a_description_builds_the_same_encoder(make_encoder, waveforms):
    encoder = warm(make_encoder(bands=32, hop=0.02, dynamic_range=40.0), waveforms)
    description = json.loads(json.dumps(encoder.description()))
    again = ConvolutionalEncoder.restore(description)
    again.load_state_dict(encoder.state_dict())
    again.eval()
    with torch.no_grad():
        features = encoder(encoder.front_end(waveforms))
        assert torch.equal(again(again.front_end(waveforms)), features)
    assert again.description() == encoder.description()
    assert again.max_seconds == encoder.max_seconds
    with torch.device("meta"):  # as a checkpoint is looked at first
        assert ConvolutionalEncoder.restore(description).features == encoder.features


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("bands", 10**9, "bands is 1000000000, allowed: an integer at least 8"),
        ("sampling_rate", "8000", "sampling_rate is '8000', allowed: an integer at least 1000"),
        ("hop", float("nan"), "hop is nan, allowed: a number at least 0.001"),
        ("width", True, "width is True, allowed: an integer at least 1"),
        ("lowest", 4000.0, "lowest=4000: the bands end at 4000 Hz"),
        ("augmentation", {}, "augmentation is unknown, allowed: sampling_rate"),
        ("weights", "/etc", "weights is unknown"),
    ],
)
def test_a_description_of_other_values_is_refused(make_encoder, key, value, reason):
    description = make_encoder().description() | {key: value}
    with pytest.raises(WeightsError, match=reason):
        ConvolutionalEncoder.restore(description)
    description.pop("bands")
    with pytest.raises(WeightsError, match="bands is missing"):
        ConvolutionalEncoder.restore(description)


def test_spectrograms_are_changed_in_training_alone(make_encoder, waveforms):
    strong = SpecAugment(equaliser=0.5, frequency_masks=2, time_masks=2)
    encoder = make_encoder(augmentation=strong)
    choose_trainable(encoder, "everything", 1)
    for module in encoder.modules():  # statistics of the batch would change with it
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.0
    batch = encoder.front_end(waveforms)
    set_training_mode(encoder)
    features = []
    for seed in (0, 1, 0):
        torch.manual_seed(seed)
        features.append(encoder(batch))
    assert torch.equal(features[0], features[2])
    assert not torch.equal(features[0], features[1])
    encoder.eval()
    assert torch.equal(encoder(batch), encoder(batch))
    plain = make_encoder(augmentation=SpecAugment(equaliser=0.0)).train()
    torch.manual_seed(0)
    before = torch.get_rng_state()
    plain(batch)
    assert torch.equal(torch.get_rng_state(), before)


def test_it_learns_what_pitches_are_called(make_encoder, tone):
    """A few steps tell high tones from low ones, whatever their loudness."""
    encoder = make_encoder().train()
    head = torch.nn.Linear(encoder.features, 2)
    parameters = [*encoder.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=3e-3)
    pitches = torch.tensor([300.0, 500.0, 1500.0, 2500.0] * 4)
    waveforms = [tone(float(pitch), 0.2, loudness=0.3) for pitch in pitches]
    labels = (pitches > 1000).long()
    for _ in range(15):
        loss = functional.cross_entropy(head(encoder(encoder.front_end(waveforms))), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    encoder.eval()
    others = [tone(400.0, 0.3, loudness=0.01), tone(2000.0, 0.15)]
    with torch.no_grad():
        assert head(encoder(encoder.front_end(others))).argmax(1).tolist() == [0, 1]


def test_blocks_are_in_order_and_whole(make_encoder):
    encoder = make_encoder()
    blocks = encoder.blocks()
    assert len(blocks) == 3
    flat = [id(parameter) for block in blocks for parameter in block]
    assert flat == [id(parameter) for parameter in encoder.parameters()]
    choose_trainable(encoder, "last_blocks", 1)
    assert not encoder.stem.weight.requires_grad
    assert encoder.stages[1].first.weight.requires_grad


def test_the_front_end_goes_to_other_processes(make_encoder, waveforms):
    encoder = make_encoder()
    encoder.front_end(waveforms)
    again = pickle.loads(pickle.dumps(encoder.front_end))  # noqa: S301
    assert torch.equal(again(waveforms)["levels"], encoder.front_end(waveforms)["levels"])


def test_settings_that_contradict_each_other_are_refused():
    with pytest.raises(ConfigError) as caught:
        ConvolutionalEncoder(trainable="nothing", sampling_rate=8000, lowest=5000.0)
    frozen, lowest = str(caught.value).splitlines()
    assert frozen.startswith("encoder.trainable=nothing would train a classifier on random feat")
    assert lowest.startswith("encoder.lowest=5000: the bands end at 4000 Hz, half of encoder.samp")
    with pytest.raises(ConfigError, match=r"max_seconds must be at least 0\.1 and at most 300"):
        ConvolutionalEncoder(max_seconds=1000.0)
