"""Converting VGG16 trained on Places365 from its Caffe or Keras file to timm's layout.

    python -m lfx.convert.places365 vgg16_places365.caffemodel vgg16_places365.safetensors
    python -m lfx.convert.places365 vgg16-places365.h5 vgg16_places365.safetensors
    python -m lfx.train encoder=vgg16_places365 encoder.weights.path=vgg16_places365.safetensors

Both files hold the same network (Zhou et al., Places, TPAMI 2018; the Keras port is Kalliatakis'):
13 convolutions and 3 dense layers that read blue, green and red in 0..255, minus a mean. The first
convolution is reversed to read red, green and blue; mean and scale are part of the normalisation,
which `conf/encoder/vgg16_places365.yaml` declares.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from lfx.convert.layers import CONVOLUTIONAL, Layer, read_caffe, read_keras
from lfx.runtime.errors import UserError, WeightsError
from lfx.runtime.versions import how_to_install

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

# Convolutions of each block. A pooling layer follows each block, an activation each convolution.
_BLOCKS = (2, 2, 3, 3, 3)
_DENSE = ("pre_logits.fc1", "pre_logits.fc2", "head.fc")


def to_timm(layers: Sequence[Layer]) -> dict[str, Tensor]:
    """Return the layers with the names and shapes of timm's `vgg16`.

    Args:
        layers: 13 convolutions and 3 dense layers, in the order of the network.

    Raises:
        WeightsError: these are other layers.
    """
    kinds = [layer.kernel.ndim for layer in layers]
    if kinds != [CONVOLUTIONAL] * sum(_BLOCKS) + [2] * len(_DENSE):
        listed = ", ".join(f"{layer.name} {layer.kernel.shape}" for layer in layers) or "none"
        raise WeightsError(
            "a VGG16 has 13 convolutions and 3 dense layers (a file without its top lacks those); "
            f"these layers are: {listed}"
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
    names, first = [], 0
    for count in _BLOCKS:
        names += [f"features.{first + 2 * number}" for number in range(count)]
        first += 2 * count + 1
    return names


def convert(source: Path, target: Path) -> None:
    """Convert a file; the target is written atomically.

    Args:
        source: `.caffemodel`, `.h5` or `.hdf5`.
        target: a `.safetensors` file.

    Raises:
        WeightsError: the source is not a VGG16 of these formats, or a package is missing.
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
        description=__doc__.partition("\n")[0], usage="python -m lfx.convert.places365 FILE TARGET"
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
