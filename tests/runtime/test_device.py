from __future__ import annotations

import pytest
import torch

from lfx.runtime.device import resolve_device
from lfx.runtime.errors import ConfigError


def test_auto_is_an_accelerator_or_the_cpu():
    device = resolve_device("auto")
    assert device.type == ("cuda" if torch.cuda.is_available() else device.type)
    assert torch.zeros(2, device=device).sum() == 0
    assert resolve_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    "name",
    ["gpu", "", "cuda:x", "0", "meta", "xla", "vulkan", "cpu:7", "cuda:-1", "cuda:99999999999"],
)
def test_what_is_no_device_is_refused(name):
    with pytest.raises(
        ConfigError, match=r"is not a device; allowed: auto, cpu, cuda, cuda:N, mps"
    ):
        resolve_device(name)


def test_a_device_that_is_not_there_is_refused():
    count = torch.cuda.device_count()
    with pytest.raises(
        ConfigError, match=f"this machine has {count} CUDA devices; use device=auto"
    ):
        resolve_device(f"cuda:{count}")


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="MPS is available here")
def test_mps_is_refused_elsewhere():
    with pytest.raises(ConfigError, match="device=mps: MPS is not available here; use device=auto"):
        resolve_device("mps")
