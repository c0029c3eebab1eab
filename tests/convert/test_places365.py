"""VGG16's Places365 files: made here in both formats, and run by a forward pass of our own."""

from __future__ import annotations

import struct

import h5py
import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view
from omegaconf import OmegaConf
from safetensors.torch import load_file
from timm.models.vgg import VGG

from lfx.convert.places365 import convert, main
from lfx.runtime.errors import WeightsError
from lfx.runtime.locate import config_folder

WIDTHS = [4, 4, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8]
BLOCKS = (2, 2, 3, 3, 3)
HIDDEN, CLASSES = 10, 5
NAMES = [f"conv{b}_{n}" for b, count in enumerate(BLOCKS, 1) for n in range(1, count + 1)]
MEAN = np.array([104.006, 116.669, 122.679])  # blue, green, red


@pytest.fixture(scope="module")
def weights():
    """Weights in Caffe's layout: (name, kernel, bias); thin, but for pictures of 224 pixels."""
    chance = np.random.default_rng(0)
    layers, before = [], 3
    for name, width in zip(NAMES, WIDTHS, strict=True):
        layers.append((name, (width, before, 3, 3)))
        before = width
    layers += [
        ("fc6", (HIDDEN, 49 * before)),
        ("fc7", (HIDDEN, HIDDEN)),
        ("fc8a", (CLASSES, HIDDEN)),
    ]
    made = []
    for name, shape in layers:
        scale = (2 / np.prod(shape[1:])) ** 0.5
        kernel = chance.normal(scale=scale, size=shape).astype(np.float32)
        made.append((name, kernel, chance.normal(scale=0.1, size=shape[0]).astype(np.float32)))
    return made


@pytest.fixture(scope="module")
def picture():
    """A picture as (height, width, red green blue), 0..255."""
    return np.random.default_rng(1).integers(0, 256, size=(224, 224, 3)).astype(np.float64)


@pytest.fixture(scope="module")
def logits(weights, picture):
    """What Caffe computes, in NumPy: blue, green, red less the mean; (channels, height, width)."""
    x = (picture[..., ::-1] - MEAN).transpose(2, 0, 1)
    layers = iter(weights)
    for count in BLOCKS:
        for _ in range(count):
            _, kernel, bias = next(layers)
            windows = sliding_window_view(np.pad(x, ((0, 0), (1, 1), (1, 1))), (3, 3), axis=(1, 2))
            x = np.einsum("chwij,ocij->ohw", windows, kernel, optimize=True)
            x = np.maximum(x + bias[:, None, None], 0)
        channels, height, width = x.shape
        x = x.reshape(channels, height // 2, 2, width // 2, 2).max(axis=(2, 4))
    x = x.reshape(-1)
    for place, (_, kernel, bias) in enumerate(layers):
        x = kernel @ x + bias
        x = np.maximum(x, 0) if place < 2 else x
    return x


def varint(value):
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def field(number, content):
    """A field of a protocol buffer: a number, or bytes with their length."""
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | 2) + varint(len(content)) + content


def blob(values, *, old):
    data = field(5, struct.pack(f"<{values.size}f", *values.ravel().tolist()))
    if not old:
        return field(7, field(1, b"".join(map(varint, values.shape)))) + data
    shape = (1,) * (4 - values.ndim) + values.shape
    return b"".join(field(place, size) for place, size in enumerate(shape, start=1)) + data


def write_caffe(file, weights, *, old=False):
    net = field(1, b"VGG_16") if not old else b""
    for name, kernel, bias in weights:
        blobs = [blob(values, old=old) for values in (kernel, bias)]
        if old:
            net += field(2, field(4, name.encode()) + b"".join(field(6, one) for one in blobs))
        else:
            layer = field(1, name.encode()) + field(2, b"Convolution")
            net += field(100, layer + b"".join(field(7, one) for one in blobs))
    pooling = field(1, b"pool1") + field(2, b"Pooling")
    file.write_bytes(net + field(100, pooling))


def write_keras(file, weights, *, whole_model=False):
    with h5py.File(file, "w") as content:
        root = content.create_group("model_weights") if whole_model else content
        root.attrs["layer_names"] = [b"input_1", *(name.encode() for name, _, _ in weights)]
        root.create_group("input_1").attrs["weight_names"] = np.array([], dtype="S1")
        for name, kernel, bias in weights:
            if kernel.ndim == 4:
                own = kernel.transpose(2, 3, 1, 0)
            elif name == "fc6":  # its inputs in the order height, width, channel
                own = kernel.reshape(HIDDEN, -1, 7, 7).transpose(2, 3, 1, 0).reshape(-1, HIDDEN)
            else:
                own = kernel.T
            group = root.create_group(name)
            group.attrs["weight_names"] = [f"{name}/kernel:0".encode(), f"{name}/bias:0".encode()]
            group[f"{name}/kernel:0"], group[f"{name}/bias:0"] = own, bias


WRITERS = {
    "caffe": ("m.caffemodel", write_caffe, {}),
    "caffe, old": ("m.caffemodel", write_caffe, {"old": True}),
    "keras": ("m.h5", write_keras, {}),
    "keras, whole model": ("m.hdf5", write_keras, {"whole_model": True}),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_logits_like_those_of_the_original(tmp_path, weights, picture, logits, kind):
    name, write, options = WRITERS[kind]
    write(tmp_path / name, weights, **options)
    convert(tmp_path / name, tmp_path / "timm.safetensors")
    state = load_file(tmp_path / "timm.safetensors")
    cut = iter(WIDTHS)
    shape = [layer for count in BLOCKS for layer in [*(next(cut) for _ in range(count)), "M"]]
    model = VGG(shape, num_classes=CLASSES)
    # timm's own layers behind the convolutions are 4,096 wide; these are thin.
    model.pre_logits.fc1 = torch.nn.Conv2d(WIDTHS[-1], HIDDEN, 7)
    model.pre_logits.fc2 = torch.nn.Conv2d(HIDDEN, HIDDEN, 1)
    model.head.fc = torch.nn.Linear(HIDDEN, CLASSES)
    model.load_state_dict(state)
    config = OmegaConf.load(config_folder() / "encoder/vgg16_places365.yaml")
    pixels = torch.from_numpy(picture / 255).float()
    normal = (pixels - torch.tensor(list(config.mean))) / torch.tensor(list(config.std))
    with torch.no_grad():
        got = model.eval()(normal.permute(2, 0, 1)[None])[0]
    np.testing.assert_allclose(got.numpy(), logits, rtol=1e-3, atol=1e-3 * np.abs(logits).max())


def test_files_without_a_top_are_refused(tmp_path, weights):
    write_caffe(tmp_path / "notop.caffemodel", weights[:-3])
    with pytest.raises(WeightsError, match=r"13 convolutions and 3 dense layers .*conv1_1 \(4, 3"):
        convert(tmp_path / "notop.caffemodel", tmp_path / "out.safetensors")
    assert not (tmp_path / "out.safetensors").exists()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("missing.h5", "there is no such file"),
        ("text.npz", r"a \.caffemodel, \.h5 or \.hdf5 file is needed"),
        ("text.h5", "is not a Keras file with weights"),
        ("text.caffemodel", "is not a Caffe model"),
    ],
)
def test_what_is_no_such_file(tmp_path, name, message, capsys, monkeypatch):
    if name.startswith("text"):
        (tmp_path / name).write_bytes(b"\xff\xff\xff no weights")
    with pytest.raises(WeightsError, match=message):
        convert(tmp_path / name, tmp_path / "out.safetensors")
    monkeypatch.setattr("sys.argv", ["places365", str(tmp_path / name), str(tmp_path / "out")])
    with pytest.raises(SystemExit, match="2"):
        main()
    assert capsys.readouterr().err.startswith("error: ")
