"""What every encoder of vectors does, and each by itself against a plain implementation."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch

from lfx.modalities.trainable import choose_trainable
from lfx.modalities.vector.gru import GruEncoder
from lfx.modalities.vector.logistic import LogisticEncoder
from lfx.modalities.vector.mlp import MlpEncoder
from lfx.modalities.vector.transformer import SequenceTransformerEncoder, positions
from lfx.runtime.errors import ConfigError, WeightsError
from lfx.runtime.fields import is_plain

WIDTHS = {
    "mlp": 6,
    "gru": 10,
    "gru_one_way": 5,
    "gru_last": 10,
    "transformer": 12,
    "logistic": 4,
}
TRAINED = [name for name in WIDTHS if name != "logistic"]


def pad(arrays):
    lengths = [len(array) for array in arrays]
    values = np.zeros((len(arrays), max(lengths), arrays[0].shape[1]), dtype=np.float32)
    for row, array in enumerate(arrays):
        values[row, : len(array)] = array
    return {"values": torch.from_numpy(values), "lengths": torch.tensor(lengths)}


@torch.no_grad()
def encode(encoder, arrays):
    return encoder.eval()(pad(arrays))


@pytest.mark.parametrize("name", WIDTHS)
def test_sequences_become_vectors(make_vector, sequences, name):
    encoder = make_vector(name, sequences)
    features = encode(encoder, sequences)
    assert features.shape == (20, encoder.features) == (20, WIDTHS[name])
    assert features.dtype == torch.float32
    assert torch.isfinite(features).all()
    assert features.std(dim=0).max() > 0.01


@pytest.mark.parametrize("name", WIDTHS)
def test_padding_changes_nothing(make_vector, sequences, name):
    encoder = make_vector(name, sequences)
    together = encode(encoder, sequences)
    for row in range(len(sequences)):
        alone = encode(encoder, sequences[row : row + 1])[0]
        assert torch.allclose(together[row], alone, atol=1e-6)
    batch = pad(sequences)
    padded = torch.arange(batch["values"].shape[1]) >= batch["lengths"][:, None]
    batch["values"][padded] = 1e6
    assert torch.allclose(encoder(batch), together, atol=1e-6)


@pytest.mark.parametrize("name", WIDTHS)
def test_a_plain_vector_is_a_sequence_of_one_step(make_vector, sequences, name):
    vectors = [array[:1] for array in sequences]
    assert encode(make_vector(name, vectors), vectors).shape == (20, WIDTHS[name])


@pytest.mark.parametrize("name", WIDTHS)
def test_in_bf16_features_stay_near(make_vector, sequences, name):
    encoder = make_vector(name, sequences)
    exact = encode(encoder, sequences)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = encode(encoder, sequences).float()
    assert torch.allclose(rough, exact, atol=0.1)


@pytest.mark.parametrize("name", WIDTHS)
def test_a_description_builds_the_same_one(make_vector, sequences, name):
    encoder = make_vector(name, sequences)
    description = json.loads(json.dumps(encoder.description()))
    assert is_plain(description)
    kind = {
        "mlp": MlpEncoder,
        "transformer": SequenceTransformerEncoder,
        "logistic": LogisticEncoder,
    }.get(name, GruEncoder)
    again = kind.restore(description)
    again.load_state_dict(encoder.state_dict())
    assert torch.equal(encode(again, sequences), encode(encoder, sequences))
    assert again.description() == description
    with torch.device("meta"):
        assert kind.restore(description).state_dict().keys() == encoder.state_dict().keys()


@pytest.mark.parametrize("name", TRAINED)
def test_blocks_are_all_parameters_from_input_to_output(make_vector, sequences, name):
    encoder = make_vector(name, sequences)
    of_blocks = [id(parameter) for block in encoder.blocks() for parameter in block]
    assert sorted(of_blocks) == sorted(id(parameter) for parameter in encoder.parameters())
    choose_trainable(encoder, "last_blocks", 1)
    trained = {key for key, value in encoder.named_parameters() if value.requires_grad}
    last = {
        "mlp": {"layers.3.weight", "layers.3.bias"},
        "transformer": {key for key, _ in encoder.named_parameters() if "layers.1." in key}
        | {"norm.weight", "norm.bias"},
        "gru": {key for key, _ in encoder.named_parameters() if "_l1" in key},
    }.get(name, {key for key, _ in encoder.named_parameters()})
    assert trained == last


def test_an_mlp_is_layers_on_the_mean(make_vector, sequences):
    encoder = make_vector("mlp", sequences)
    first, second = encoder.layers[0], encoder.layers[3]
    whole = np.concatenate(sequences)
    expected = []
    for array in sequences:
        mean = ((array - whole.mean(axis=0)) / whole.std(axis=0)).mean(axis=0)
        hidden = first(torch.from_numpy(mean)).relu()
        expected.append(second(hidden).relu())
    assert torch.allclose(encode(encoder, sequences), torch.stack(expected), atol=1e-5)


def test_logistic_is_the_mean_itself(make_vector, sequences):
    whole = np.concatenate(sequences)
    means = [((one - whole.mean(axis=0)) / whole.std(axis=0)).mean(axis=0) for one in sequences]
    encoder = make_vector("logistic", sequences)
    assert encode(encoder, sequences).numpy() == pytest.approx(np.array(means), abs=1e-5)
    assert encoder.blocks() == list(encoder.parameters()) == []


@pytest.mark.parametrize("name", ["gru", "gru_one_way", "gru_last"])
def test_a_gru_reads_each_sequence_as_if_alone(make_vector, sequences, name):
    encoder = make_vector(name, sequences)
    for array in sequences[:5]:
        with torch.no_grad():
            steps = encoder.standardize(torch.from_numpy(array))[None]
            states, _ = encoder.eval().gru(steps)
            expected = states[0].mean(dim=0)
            if encoder.pooling == "last":
                ends = [states[0, -1, :5], states[0, 0, 5:]]
                expected = torch.cat(ends)
        assert torch.allclose(encode(encoder, [array])[0], expected, atol=1e-6)


def test_a_transformer_tells_orders_apart_and_others_do_not(make_vector, sequences):
    array = next(one for one in sequences if len(one) > 5)
    for name, differs in (
        ("mlp", False),
        ("logistic", False),
        ("transformer", True),
        ("gru", True),
    ):
        encoder = make_vector(name, sequences)
        forwards, backwards = encode(encoder, [array]), encode(encoder, [array[::-1].copy()])
        assert torch.allclose(forwards, backwards, atol=1e-5) is not differs


def test_positions_are_sines_and_cosines():
    length, width = 7, 5
    found = positions(length, width)
    for position in range(length):
        for column in range(width):
            angle = position / 10_000 ** ((column - column % 2) / width)
            expected = math.cos(angle) if column % 2 else math.sin(angle)
            assert found[position, column] == pytest.approx(expected, abs=1e-5)


def test_only_what_is_read_is_standardised_by(sequences):
    short = LogisticEncoder(max_length=2).build(sequences)
    cut = LogisticEncoder().build([array[:2] for array in sequences])
    assert torch.equal(short.standardize.mean, cut.standardize.mean)
    assert short.max_length == 2


def test_settings_that_make_no_sense_are_refused():
    for kind in (MlpEncoder, GruEncoder, SequenceTransformerEncoder):
        with pytest.raises(ConfigError, match="train a classifier on random features; allowed: ev"):
            kind(trainable="nothing")
    with pytest.raises(ConfigError, match="encoder=logistic has no parameters; allowed: nothing"):
        LogisticEncoder(trainable="everything")
    with pytest.raises(ConfigError, match=r"encoder.heads=5 does not divide encoder.width=64"):
        SequenceTransformerEncoder(heads=5)
    with pytest.raises(ConfigError, match="hidden must be of length 1 or more"):
        MlpEncoder(hidden=())
    with pytest.raises(ConfigError, match=r"hidden\[1\] must be at least 1, got 0"):
        MlpEncoder(hidden=(3, 0))


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("mlp", "inputs", 0),
        ("mlp", "inputs", 10**9),
        ("mlp", "max_length", 0),
        ("mlp", "hidden", [3, -1]),
        ("mlp", "hidden", "wide"),
        ("mlp", "dropout", 1.0),
        ("mlp", "more", 1),
        ("gru", "hidden", 10**6),
        ("gru", "layers", 10**6),
        ("gru", "bidirectional", 1),
        ("gru", "pooling", "max"),
        ("transformer", "width", True),
        ("transformer", "heads", 5),
        ("transformer", "layers", None),
        ("transformer", "feedforward", 0),
        ("logistic", "inputs", "4"),
        ("logistic", "hidden", [3]),
    ],
)
def test_a_wrong_description_is_refused(make_vector, sequences, name, field, value):
    description = make_vector(name, sequences).description() | {field: value}
    kind = {
        "mlp": MlpEncoder,
        "gru": GruEncoder,
        "transformer": SequenceTransformerEncoder,
        "logistic": LogisticEncoder,
    }[name]
    with pytest.raises(WeightsError, match=f"(?s)description is wrong.*{field}|5 heads do not div"):
        kind.restore(description)
    description.pop("inputs")
    with pytest.raises(WeightsError, match="inputs is missing"):
        kind.restore(description)
