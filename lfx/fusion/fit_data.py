"""From members' joined predictions to what a scheme is fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lfx.fusion.guard import NEEDS_NO_LABELS, fit_rows
from lfx.fusion.outputs import FitData, Outputs
from lfx.runtime.errors import FusionError

if TYPE_CHECKING:
    from lfx.artifacts.joined import JoinedMembers

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def outputs_of(joined: JoinedMembers, device: torch.device) -> Outputs:
    """Return what the members say, in float64, or float32 on MPS, which has no float64."""
    dtype = torch.float32 if device.type == "mps" else torch.float64
    return Outputs(
        joined.names,
        joined.classes,
        torch.as_tensor(joined.logits, dtype=dtype, device=device),
        torch.as_tensor(joined.present, device=device),
    )


def complete_rows(joined: JoinedMembers, fit_split: str) -> Mask:
    """Find what a scheme may be fitted on: labelled samples of a split that all members have.

    Members are only compared on samples that all of them have.

    Raises:
        FusionError: there are none.
    """
    rows = fit_rows(fit_split, joined.split, joined.label) & joined.present.all(axis=0)
    if not rows.any():
        raise FusionError(
            f"fit_split={fit_split}: no labelled sample there is in all members "
            f"({', '.join(joined.names)}), so they cannot be compared; use what needs no labels "
            f"({NEEDS_NO_LABELS})"
        )
    return np.asarray(rows, dtype=np.bool_)


def fit_data(joined: JoinedMembers, outputs: Outputs, rows: Mask, seed: int) -> FitData:
    """Return the samples that a scheme is fitted on.

    Args:
        joined: the members, sample by sample.
        outputs: what they say of all samples.
        rows: which samples, `(samples,)`; none where no fit is needed.
        seed: of whatever is random in a fit.
    """
    device = outputs.logits.device
    return FitData(
        outputs=outputs.select(torch.as_tensor(rows, device=device)),
        labels=torch.as_tensor(joined.label[rows].astype(np.int64), device=device),
        # Nothing is fitted by most schemes, and strings of a million groups take 70 MB.
        groups=joined.group[rows] if rows.any() else np.empty(0, dtype=object),
        seed=seed,
    )
