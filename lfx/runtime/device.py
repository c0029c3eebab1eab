"""Which device computes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    import torch


# PyTorch knows others, which have no values (meta), or that lfx has never run on.
_NAMES = re.compile(r"auto|cpu|mps|cuda(:(0|[1-9][0-9]?))?")


def resolve_device(name: str, key: str = "device") -> torch.device:
    """Turn `auto`, `cpu`, `cuda`, `cuda:1` or `mps` into a device that is there.

    Args:
        name: `auto` takes the first accelerator, or the CPU where there is none.
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
