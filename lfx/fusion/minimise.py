"""Smooth functions of a few parameters, minimised the same way each time."""

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
        loss: of a float64 tensor shaped as `start`; gives a scalar of about the size of 1, and its
            gradient, shaped as `start`.
        start: where the search begins.
        bounds: the least and the greatest values, shaped as `start`; None: there are none.
        steps: at most.

    Returns:
        The minimiser, shaped as `start`, float64, on the CPU.
    """

    def value_and_slope(flat: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        value, slope = loss(torch.from_numpy(flat.reshape(start.shape)))
        return value.item(), np.asarray(slope).ravel()

    limits = None
    if bounds is not None:
        limits = list(zip(*(bound.flatten().tolist() for bound in bounds), strict=True))
    found = minimize(
        value_and_slope,
        start.detach().cpu().to(torch.float64).flatten().numpy(),
        jac=True,
        method="L-BFGS-B",
        bounds=limits,
        # Scores of predictions do not change any more; the last digits cost as much as all others.
        options={"maxiter": steps, "ftol": 1e-10, "gtol": 1e-7},
    )
    return torch.from_numpy(found.x.reshape(start.shape))
