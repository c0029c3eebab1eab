"""Which device computes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    import torch


def resolve_device(name: str, key: str = "device") -> torch.device:
    """Turn `auto`, `cpu`, `cuda`, `cuda:1` or `mps` into a device that is there.

    Args:
        name: `auto` takes the first accelerator, or the CPU where there is none.
        key: the setting's name, for messages.

    Raises:
        ConfigError: the device is unknown to PyTorch or not on this machine.
    """
    import torch

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        message = f"{key}={name} is not a device; allowed: auto, cpu, cuda, cuda:N, mps"
        raise ConfigError(message) from error
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise ConfigError(f"{key}={name}: this machine has {count} CUDA devices; use {key}=auto")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise ConfigError(f"{key}={name}: MPS is not available here; use {key}=auto")
    return device
