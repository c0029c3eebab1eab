"""Convert members' joined predictions to the data that a scheme is fitted on."""

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
    """Return the members' outputs, in float64, or float32 on MPS, which has no float64."""
    dtype = torch.float32 if device.type == "mps" else torch.float64
    return Outputs(
        joined.names,
        joined.classes,
        torch.as_tensor(joined.logits, dtype=dtype, device=device),
        torch.as_tensor(joined.present, device=device),
    )


def complete_rows(joined: JoinedMembers, fit_split: str) -> Mask:
    """Return the mask of the labelled samples of the fit split that all members have.

    Members are compared only on samples that all of them have.

    Raises:
        FusionError: there are no such samples.
    """
    rows = fit_rows(fit_split, joined.split, joined.label) & joined.present.all(axis=0)
    if not rows.any():
        raise FusionError(
            f"fit_split={fit_split}: no labelled sample there is in all members "
            f"({', '.join(joined.names)}), so members cannot be compared; use a fusion without a "
            f"fit ({NEEDS_NO_LABELS})"
        )
    return np.asarray(rows, dtype=np.bool_)


def fit_data(joined: JoinedMembers, outputs: Outputs, rows: Mask, seed: int) -> FitData:
    """Return the samples that a scheme is fitted on.

    Args:
        joined: the joined members.
        outputs: their outputs of all samples.
        rows: mask of the samples, `(samples,)`; all False if no fit is needed.
        seed: seed of everything random in a fit.
    """
    device = outputs.logits.device
    return FitData(
        outputs=outputs.select(torch.as_tensor(rows, device=device)),
        labels=torch.as_tensor(joined.label[rows].astype(np.int64), device=device),
        # Most schemes fit nothing, and the strings of a million groups take 70 MB.
        groups=joined.group[rows] if rows.any() else np.empty(0, dtype=object),
        seed=seed,
    )
