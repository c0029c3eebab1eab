"""Tensors from a file: whether they are what they say, and whether they fit a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from lfx.runtime.fields import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

# Two names of one tensor (tied weights) share its memory; a tensor of one number that claims to be
# a matrix of a billion does too.
_MOST_SHARED = 4
_ENCODER = "encoder."


def is_dense(value: Any) -> bool:
    """Check for an ordinary tensor in memory."""
    return (
        type(value) in {torch.Tensor, torch.nn.Parameter}
        and value.layout is torch.strided
        and value.device.type == "cpu"
        and not value.is_quantized
    )


def tensor_problems(tensors: Mapping[Any, Any]) -> list[str]:
    """Find what is no ordinary tensor, or claims more numbers than there are.

    Args:
        tensors: name → what should be a tensor.
    """
    odd = [
        f"{shown(name)} is {shown(value)}, allowed: a name and its dense tensor"
        for name, value in tensors.items()
        if not isinstance(name, str) or not is_dense(value)
    ]
    if odd:
        return odd
    claimed = sum(value.numel() * value.element_size() for value in tensors.values())
    storages = {
        value.untyped_storage().data_ptr(): value.untyped_storage().nbytes()
        for value in tensors.values()
    }
    if claimed > _MOST_SHARED * max(1, sum(storages.values())):
        return [f"its tensors claim {claimed} bytes, and the file has {sum(storages.values())}"]
    return []


def encoder_weights(weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the encoder's among the weights of a classifier, under the encoder's own names."""
    return {
        name.removeprefix(_ENCODER): value
        for name, value in weights.items()
        if name.startswith(_ENCODER)
    }


def misfits(tensors: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Find how tensors differ from those of a model: in names, shapes or number types.

    Args:
        tensors: from a file.
        wanted: the model's own, which may be on the meta device.
    """
    missing = [f"{name} is missing" for name in wanted if name not in tensors]
    unknown = [f"{shown(name)} is not known here" for name in tensors if name not in wanted]
    other = [
        f"{name} is {_form(tensors[name])}, allowed: {_form(tensor)}"
        for name, tensor in wanted.items()
        if name in tensors and _form(tensors[name]) != _form(tensor)
    ]
    return [*missing, *unknown, *other]


def _form(tensor: torch.Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {tuple(tensor.shape)}"
