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
    """Multiply each class's centred logit by a number in 1/20..20 and add one in -10..10.

    Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017. Unlike a
    temperature it changes which class a member thinks most likely, in favour of those that it
    neglects. The shifts sum to 0, as a softmax does not see what all classes gain.
    """

    needs_fit: ClassVar[bool] = True

    def fit(self, logits: Tensor, labels: Tensor) -> Affine:
        """Find scales and shifts with the least log-loss."""
        # As `Affine` applies it: scales must not turn a level, which softmax does not see, into
        # something that it does.
        centred = logits - logits.mean(dim=1, keepdim=True)
        classes = logits.shape[1]
        start = torch.zeros(2, classes, dtype=torch.float64)
        bound = torch.tensor([[math.log(LIMIT)], [_SHIFT]], dtype=torch.float64).expand(2, classes)

        own = one_hot(labels, classes).to(torch.float64)

        def loss(point: Tensor) -> tuple[Tensor, Tensor]:
            scaled = centred * point[0].exp()
            logs = torch.log_softmax(scaled + point[1], dim=1)
            excess = (logs.exp() - own) / len(labels)
            slope = torch.stack([(excess * scaled).sum(dim=0), excess.sum(dim=0)])
            return -(logs * own).sum() / len(labels), slope

        found = minimise(loss, start, (-bound, bound))
        return Affine(found[0].exp(), found[1] - found[1].mean())
