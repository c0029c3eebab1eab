"""Convert members' joined predictions to the data that a scheme is fitted on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from lfx.fusion.guard import NEEDS_NO_LABELS, fit_rows
from lfx.fusion.outputs import FitData, Outputs
from lfx.runtime.errors import FusionError, name_some

if TYPE_CHECKING:
    from lfx.artifacts.joined import JoinedMembers

log = logging.getLogger(__name__)

# With fewer samples of a class that some member lacks, weights are hardly more than chance.
_FEW = 10

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
    rows = fit_rows(fit_split, joined.split, joined.label) & joined.complete
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


def warn_about_fit_rows(fit: FitData, joined: JoinedMembers, fit_split: str) -> None:
    """Log how many samples of the fit split some member lacks, and which classes have none.

    Args:
        fit: the samples that are fitted on.
        joined: the joined members.
        fit_split: the split that they belong to.
    """
    counts = torch.bincount(fit.labels.cpu(), minlength=len(fit.classes)).tolist()
    labels = joined.label[fit_rows(fit_split, joined.split, joined.label)]
    totals = np.bincount(labels, minlength=len(fit.classes)).tolist()
    if len(labels) > len(fit.labels):
        by_class = zip(fit.classes, counts, totals, strict=True)
        few = [f"{name} ({n} of {m})" for name, n, m in by_class if n < min(m, _FEW)]
        log.log(
            logging.WARNING if few else logging.INFO,
            "fit_split=%s: the fit uses the %d of %d labelled samples that all members have%s",
            fit_split,
            len(fit.labels),
            len(labels),
            f", which are few of class {name_some(few)}" if few else "",
        )
    missing = [name for name, count in zip(fit.classes, counts, strict=True) if not count]
    if len(fit.classes) - len(missing) == 1:
        only = next(name for name in fit.classes if name not in missing)
        log.warning(
            "fit_split=%s has samples of class %s only: a fusion that is fitted there predicts %s "
            "for every sample",
            fit_split,
            only,
            only,
        )
    elif missing:
        message = "fit_split=%s has no samples of class %s: nothing is fitted for it"
        log.warning(message, fit_split, name_some(missing))
