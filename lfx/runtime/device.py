"""The device that computes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    import torch


# PyTorch has further devices: `meta` holds no values, and lfx has never run on the others.
_NAMES = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9][0-9]?))?")


def resolve_device(name: str, key: str = "device") -> torch.device:
    """Return the available device that a name stands for.

    Args:
        name: `cpu`, `cuda`, `cuda:1`, `mps`, or `auto`: the first accelerator, else the CPU.
        key: the setting's name, for messages.

    Raises:
        ConfigError: the device is unknown to PyTorch or not on this machine.
    """
    if not _NAMES.fullmatch(name):
        raise ConfigError(f"{key}={name} is not a device; allowed: auto, cpu, cuda, cuda:N, mps")
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    device = torch.device(name)
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise ConfigError(f"{key}={name}: this machine has {count} CUDA devices; use {key}=auto")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ConfigError(f"{key}={name}: MPS is not available here; use {key}=auto")
    return device
