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
    loss: Callable[[Tensor], Tensor],
    start: Tensor,
    bounds: tuple[Tensor, Tensor] | None = None,
    steps: int = 200,
) -> Tensor:
    """Minimise a function by scipy's L-BFGS-B (Byrd, Lu, Nocedal and Zhu 1995), slopes by torch.

    Args:
        loss: of a float64 tensor shaped as `start`; gives a scalar.
        start: where the search begins.
        bounds: the least and the greatest values, shaped as `start`; None: there are none.
        steps: at most.

    Returns:
        The minimiser, shaped as `start`, float64, on the CPU.
    """

    def value_and_slope(flat: np.ndarray[Any, Any]) -> tuple[float, np.ndarray[Any, Any]]:
        point = torch.from_numpy(flat.reshape(start.shape)).requires_grad_()
        value = loss(point)
        value.backward()  # type: ignore[no-untyped-call]
        return value.item(), np.asarray(point.grad).ravel()

    limits = None
    if bounds is not None:
        limits = list(zip(*(bound.flatten().tolist() for bound in bounds), strict=True))
    found = minimize(
        value_and_slope,
        start.detach().cpu().to(torch.float64).flatten().numpy(),
        jac=True,
        method="L-BFGS-B",
        bounds=limits,
        options={"maxiter": steps, "ftol": 1e-12, "gtol": 1e-8},
    )
    return torch.from_numpy(found.x.reshape(start.shape))
