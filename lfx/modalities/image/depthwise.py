"""Train depthwise convolutions in full precision on a CPU, where bf16 makes them slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class FullPrecisionDepthwise(TorchFunctionMode):
    """Takes grouped 2-d convolutions that need gradients out of a CPU's bf16 autocast.

    oneDNN has no fast bf16 kernel for the backward pass of wide depthwise filters: a 5 x 5 layer of
    EfficientNet-Lite0 takes 4 to 14 times as long as in fp32 (`benchmarks/README.md`). Forward
    passes without gradients, dense convolutions and other devices stay as they are.
    """

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the function, outside of autocast where that is faster."""
        del types
        kwargs = kwargs or {}
        if function is functional.conv2d and _is_slow(*args, **kwargs):
            wide = {key: _full(value) for key, value in kwargs.items()}
            with torch.autocast("cpu", enabled=False):
                return function(*map(_full, args), **wide)
        return function(*args, **kwargs)


def _full(value: Any) -> Any:
    return value.float() if isinstance(value, torch.Tensor) else value


def _is_slow(
    input: torch.Tensor,  # noqa: A002 (torch's name, by which callers may give it)
    weight: torch.Tensor,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> bool:
    del bias, stride, padding, dilation
    return (
        groups > 1
        and input.device.type == "cpu"
        and torch.is_autocast_enabled("cpu")
        and torch.is_grad_enabled()
        and (input.requires_grad or weight.requires_grad)
    )
