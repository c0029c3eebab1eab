"""One seed for all random number generators."""

from __future__ import annotations


def seed_all(seed: int) -> None:
    """Seed Python's, NumPy's and PyTorch's generators.

    Unlike Lightning's `seed_everything` it sets no environment variable, which the next job of a
    multirun would inherit.

    Args:
        seed: in 0..2**32 - 1.
    """
    import random

    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002, libraries draw from the legacy generator
    torch.manual_seed(seed)
