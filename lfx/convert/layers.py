"""Reading weights from files of Caffe and of Keras, in Caffe's layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lfx.runtime.errors import WeightsError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CONVOLUTIONAL = 4  # dimensions


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer's weights in Caffe's layout.

    Attributes:
        name: in the file.
        kernel: `(out, in, height, width)` of a convolution, `(out, in)` of a dense layer.
        bias: `(out,)`.
    """

    name: str
    kernel: np.ndarray[Any, np.dtype[np.float32]]
    bias: np.ndarray[Any, np.dtype[np.float32]]


def read_keras(file: Path) -> list[Layer]:
    """Read the layers of a Keras file, in Caffe's layout.

    A convolution of Keras has height and width first, and its dense layers read pixels in the order
    height, width, channel; Caffe's read channel, height, width.

    Raises:
        WeightsError: it is not a Keras file with weights.
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
                if kernel.ndim == CONVOLUTIONAL:
                    kernel = kernel.transpose(3, 2, 0, 1)
                else:
                    kernel = _channels_first(kernel, layers).T
                layers.append(Layer(name, kernel, bias))
    except (OSError, KeyError, ValueError) as error:
        raise WeightsError(f"{file} is not a Keras file with weights: {error}") from error
    return layers


def _channels_first(
    kernel: np.ndarray[Any, np.dtype[np.float32]], layers: Sequence[Layer]
) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Reorder the inputs of the first dense layer; `(in, out)`."""
    before = layers[-1].kernel if layers else kernel
    if before.ndim != CONVOLUTIONAL:
        return kernel
    channels = before.shape[0]
    side = round((kernel.shape[0] / channels) ** 0.5)
    return kernel.reshape(side, side, channels, -1).transpose(2, 0, 1, 3).reshape(kernel.shape)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def read_caffe(file: Path) -> list[Layer]:
    """Read the layers of a Caffe model, in the old or the new format of layers.

    Raises:
        WeightsError: it is not a Caffe model.
    """
    from google.protobuf.message import DecodeError

    net = _caffe_net()()
    try:
        net.ParseFromString(file.read_bytes())
        return [
            Layer(layer.name, *(_blob(blob) for blob in layer.blobs))
            for layer in [*net.layers, *net.layer]
            if len(layer.blobs) == len(("kernel", "bias"))
        ]
    except (DecodeError, OSError, ValueError) as error:
        raise WeightsError(f"{file} is not a Caffe model: {error}") from error


def _blob(blob: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
    values = np.frombuffer(blob.data, dtype="<f4").astype(np.float32)
    old = [blob.num, blob.channels, blob.height, blob.width]
    # In the old format dense layers and biases have four dimensions, the first ones of size 1.
    shape = list(blob.shape.dim) or old
    if len(shape) == CONVOLUTIONAL and shape[:2] == [1, 1]:
        shape = shape[2:] if shape[2] > 1 else shape[3:]
    return values.reshape(shape)


def _caffe_net() -> Any:
    """Build the messages of caffe.proto that hold weights.

    Packed numbers look like bytes in the file; declared as bytes they are read without a copy each.
    """
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="lfx_caffe.proto", package="lfx.caffe")

    def message(name: str, *fields: tuple[str, int, int, bool, str]) -> None:
        added = file.message_type.add(name=name)
        for title, number, kind, repeated, of in fields:
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            field = added.field.add(name=title, number=number, type=kind, label=label)
            if of:
                field.type_name = f".lfx.caffe.{of}"

    text, number, inner, raw = (
        kinds.TYPE_STRING,
        kinds.TYPE_INT64,
        kinds.TYPE_MESSAGE,
        kinds.TYPE_BYTES,
    )
    message("Shape", ("dim", 1, number, True, ""))
    old = [(name, position, number, False, "") for position, name in enumerate(_OLD_SHAPE, start=1)]
    message("Blob", *old, ("data", 5, raw, False, ""), ("shape", 7, inner, False, "Shape"))
    message("OldLayer", ("name", 4, text, False, ""), ("blobs", 6, inner, True, "Blob"))
    message("Layer", ("name", 1, text, False, ""), ("blobs", 7, inner, True, "Blob"))
    message("Net", ("layers", 2, inner, True, "OldLayer"), ("layer", 100, inner, True, "Layer"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("lfx.caffe.Net"))


_OLD_SHAPE = ("num", "channels", "height", "width")
