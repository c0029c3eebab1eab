"""Vector scaling: a scale and a shift for each class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import torch
from torch.nn.functional import one_hot

from lfx.fusion.calibration.calibrator import Affine
from lfx.fusion.calibration.temperature import LIMIT
from lfx.fusion.minimise import minimise

if TYPE_CHECKING:
    from torch import Tensor

_SHIFT = 5.0


@dataclass(frozen=True)
class Vector:
    """Multiply each class's centred logit by a number in 1/20..20 and add a number in -10..10.

    Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017. Unlike a
    temperature it can change the member's most probable class, in favour of classes that the member
    predicts too rarely. The shifts sum to 0, because a common shift does not change the softmax.
    """

    needs_fit: ClassVar[bool] = True

    def fit(self, logits: Tensor, labels: Tensor) -> Affine:
        """Find scales and shifts with the least log-loss."""
        # Centred as in `Affine`: otherwise scales would turn a common level of the logits, which
        # does not change the softmax, into differences between classes.
        centred = logits - logits.mean(dim=1, keepdim=True)
        classes = logits.shape[1]
        start = torch.zeros(2, classes, dtype=torch.float64)
        bound = torch.tensor([[math.log(LIMIT)], [_SHIFT]], dtype=torch.float64).expand(2, classes)
        targets = one_hot(labels, classes).to(torch.float64)

        def loss(parameters: Tensor) -> tuple[Tensor, Tensor]:
            scaled = centred * parameters[0].exp()
            logs = torch.log_softmax(scaled + parameters[1], dim=1)
            residuals = (logs.exp() - targets) / len(labels)
            gradient = torch.stack([(residuals * scaled).sum(dim=0), residuals.sum(dim=0)])
            return -(logs * targets).sum() / len(labels), gradient

        log_scale, shift = minimise(loss, start, (-bound, bound))
        return Affine(log_scale.exp(), shift - shift.mean())
