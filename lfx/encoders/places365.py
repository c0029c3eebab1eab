"""VGG16 trained on Places365, from its Caffe or Keras file to timm's layout.

    python -m lfx.encoders.places365 vgg16_places365.caffemodel vgg16_places365.safetensors
    python -m lfx.encoders.places365 vgg16-places365.h5 vgg16_places365.safetensors
    python -m lfx.train encoder=vgg16_places365 encoder.weights.path=vgg16_places365.safetensors

Both files hold the same network (Zhou et al., Places, TPAMI 2018; the Keras port is Kalliatakis'):
13 convolutions and 3 dense layers that read blue, green and red in 0..255, less a mean. The first
convolution is turned around to read red, green and blue; mean and scale are left to the
normalisation, which `conf/encoder/vgg16_places365.yaml` declares.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lfx.runtime.errors import UserError, WeightsError
from lfx.runtime.versions import how_to_install

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

# Convolutions of each block; a pooling layer follows each, an activation each convolution.
_BLOCKS = (2, 2, 3, 3, 3)
_DENSE = ("pre_logits.fc1", "pre_logits.fc2", "head.fc")
_CONVOLUTIONAL = 4  # dimensions


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer's weights in Caffe's layout.

    Attributes:
        name: as the file has it.
        kernel: `(out, in, height, width)` of a convolution, `(out, in)` of a dense layer.
        bias: `(out,)`.
    """

    name: str
    kernel: np.ndarray[Any, np.dtype[np.float32]]
    bias: np.ndarray[Any, np.dtype[np.float32]]


def to_timm(layers: Sequence[Layer]) -> dict[str, Tensor]:
    """Give layers the names and shapes of timm's `vgg16`.

    Args:
        layers: 13 convolutions and 3 dense layers, from the image on.

    Raises:
        WeightsError: these are other layers.
    """
    kinds = [layer.kernel.ndim for layer in layers]
    if kinds != [_CONVOLUTIONAL] * sum(_BLOCKS) + [2] * len(_DENSE):
        told = ", ".join(f"{layer.name} {layer.kernel.shape}" for layer in layers) or "none"
        raise WeightsError(
            "a VGG16 has 13 convolutions and 3 dense layers (a file without its top lacks those); "
            f"these layers are: {told}"
        )
    state: dict[str, Tensor] = {}
    for layer, name in zip(layers, [*_convolutions(), *_DENSE], strict=True):
        kernel = torch.from_numpy(np.ascontiguousarray(layer.kernel))
        if name == "features.0":
            kernel = kernel.flip(1)  # blue, green, red
        elif name == "pre_logits.fc1":
            channels = state["features.28.weight"].shape[0]
            side = round((kernel.shape[1] / channels) ** 0.5)
            kernel = kernel.reshape(-1, channels, side, side)
        elif name == "pre_logits.fc2":
            kernel = kernel[:, :, None, None]
        state[f"{name}.weight"] = kernel.contiguous()
        state[f"{name}.bias"] = torch.from_numpy(np.ascontiguousarray(layer.bias))
    return state


def _convolutions() -> list[str]:
    names, place = [], 0
    for count in _BLOCKS:
        names += [f"features.{place + 2 * number}" for number in range(count)]
        place += 2 * count + 1
    return names


def read_keras(file: Path) -> list[Layer]:
    """Read the layers of a Keras file, in Caffe's layout.

    Keras has height and width first in a convolution, and its dense layers read pixels in the order
    height, width, channel, where Caffe's read channel, height, width.

    Raises:
        WeightsError: it is no such file.
    """
    import h5py

    layers: list[Layer] = []
    try:
        with h5py.File(file) as content:
            root = content.get("model_weights", content)
            for name in map(_text, root.attrs["layer_names"]):
                parts = [root[name][_text(part)] for part in root[name].attrs["weight_names"]]
                if not parts:
                    continue
                kernel, bias = (np.asarray(part, dtype=np.float32) for part in parts)
                if kernel.ndim == _CONVOLUTIONAL:
                    kernel = kernel.transpose(3, 2, 0, 1)
                else:
                    kernel = _channels_first(kernel, layers).T
                layers.append(Layer(name, kernel, bias))
    except (OSError, KeyError, ValueError) as error:
        raise WeightsError(f"{file} is no Keras file with weights: {error}") from error
    return layers


def _channels_first(
    kernel: np.ndarray[Any, np.dtype[np.float32]], layers: Sequence[Layer]
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Reorder what the first dense layer reads; `(in, out)`."""
    before = layers[-1].kernel if layers else kernel
    if before.ndim != _CONVOLUTIONAL:
        return kernel
    channels = before.shape[0]
    side = round((kernel.shape[0] / channels) ** 0.5)
    return kernel.reshape(side, side, channels, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def read_caffe(file: Path) -> list[Layer]:
    """Read the layers of a Caffe model, of the old form of layers or the new one.

    Raises:
        WeightsError: it is no such file.
    """
    from google.protobuf.message import DecodeError

    net = _caffe_net()()
    try:
        net.ParseFromString(file.read_bytes())
        return [
            Layer(layer.name, *(_blob(blob) for blob in layer.blobs))
            for layer in [*net.layers, *net.layer]
            if len(layer.blobs) == 2  # noqa: PLR2004, kernel and bias
        ]
    except (DecodeError, OSError, ValueError) as error:
        raise WeightsError(f"{file} is no Caffe model: {error}") from error


def _blob(blob: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    values = np.frombuffer(blob.data, dtype="<f4").astype(np.float32)
    old = [blob.num, blob.channels, blob.height, blob.width]
    # The old form gives a dense layer four dimensions, and a bias too; the first ones are 1.
    shape = list(blob.shape.dim) or old
    if len(shape) == _CONVOLUTIONAL and shape[:2] == [1, 1]:
        shape = shape[2:] if shape[2] > 1 else shape[3:]
    return values.reshape(shape)


def _caffe_net() -> Any:
    """Make the few messages of caffe.proto that hold weights.

    Numbers are packed, which in the file looks like bytes; read as such they need no copy apiece.
    """
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="lfx_caffe.proto", package="lfx.caffe")

    def message(name: str, *fields: tuple[str, int, int, bool, str]) -> None:
        own = file.message_type.add(name=name)
        for title, number, kind, repeated, of in fields:
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            field = own.field.add(name=title, number=number, type=kind, label=label)
            if of:
                field.type_name = f".lfx.caffe.{of}"

    text, number, inner, raw = (
        kinds.TYPE_STRING,
        kinds.TYPE_INT64,
        kinds.TYPE_MESSAGE,
        kinds.TYPE_BYTES,
    )
    message("Shape", ("dim", 1, number, True, ""))
    old = [(name, place, number, False, "") for place, name in enumerate(_OLD_SHAPE, start=1)]
    message("Blob", *old, ("data", 5, raw, False, ""), ("shape", 7, inner, False, "Shape"))
    message("OldLayer", ("name", 4, text, False, ""), ("blobs", 6, inner, True, "Blob"))
    message("Layer", ("name", 1, text, False, ""), ("blobs", 7, inner, True, "Blob"))
    message("Net", ("layers", 2, inner, True, "OldLayer"), ("layer", 100, inner, True, "Layer"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("lfx.caffe.Net"))


_OLD_SHAPE = ("num", "channels", "height", "width")


def convert(source: Path, target: Path) -> None:
    """Convert a file; the target becomes whole or stays as it is.

    Args:
        source: `.caffemodel`, `.h5` or `.hdf5`.
        target: a `.safetensors` file.

    Raises:
        WeightsError: the source is no VGG16 of these kinds, or a package is missing.
    """
    from safetensors.torch import save_file

    from lfx.runtime.files import atomic_path

    if not source.is_file():
        raise WeightsError(f"{source}: there is no such file")
    reader = {".caffemodel": read_caffe, ".h5": read_keras, ".hdf5": read_keras}.get(source.suffix)
    if reader is None:
        raise WeightsError(f"{source}: a .caffemodel, .h5 or .hdf5 file is needed")
    try:
        layers = reader(source)
    except ImportError as error:
        raise WeightsError(f"{error.name} is missing: {how_to_install('places365')}") from error
    with atomic_path(target) as part:
        save_file(to_timm(layers), part)


def main() -> None:
    """Convert from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n")[0], usage="python -m lfx.encoders.places365 FILE TARGET"
    )
    parser.add_argument("source", type=Path, metavar="FILE", help=".caffemodel, .h5 or .hdf5")
    parser.add_argument("target", type=Path, metavar="TARGET", help="a .safetensors file")
    arguments = parser.parse_args()
    try:
        convert(arguments.source, arguments.target)
    except UserError as error:
        sys.exit(_refuse(error))
    print(  # noqa: T201
        f"written: {arguments.target}\n"
        f"use it: encoder=vgg16_places365 encoder.weights.path={arguments.target}"
    )


def _refuse(error: UserError) -> int:
    print(f"error: {error}", file=sys.stderr)  # noqa: T201
    return 2


if __name__ == "__main__":
    main()
