"""Minimise smooth functions of a few parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable


def minimise(
    loss: Callable[[Tensor], tuple[Tensor, Tensor]],
    start: Tensor,
    bounds: tuple[Tensor, Tensor] | None = None,
    steps: int = 200,
) -> Tensor:
    """Minimise a function by scipy's L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995).

    Args:
        loss: takes a float64 tensor of the shape of `start`; returns a scalar of the magnitude of 1
            and its gradient, of the shape of `start`.
        start: the starting point.
        bounds: the lower and upper bounds, of the shape of `start`; None: no bounds.
        steps: the largest number of steps.

    Returns:
        The minimiser, of the shape of `start`, float64, on the CPU.
    """

    def value_and_gradient(flat: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        value, gradient = loss(torch.from_numpy(flat.reshape(start.shape)))
        return value.item(), np.asarray(gradient).ravel()

    limits = None
    if bounds is not None:
        limits = list(zip(*(bound.flatten().tolist() for bound in bounds), strict=True))
    result = minimize(
        value_and_gradient,
        start.detach().cpu().to(torch.float64).flatten().numpy(),
        jac=True,
        method="L-BFGS-B",
        bounds=limits,
        # Beyond these tolerances scores of predictions do not change, and the time would double.
        options={"maxiter": steps, "ftol": 1e-10, "gtol": 1e-7},
    )
    return torch.from_numpy(result.x.reshape(start.shape))
