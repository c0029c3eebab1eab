"""Members before and after their calibration, on the same samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from lfx.evaluation.shared_samples import SharedSamples
from lfx.fusion.calibration.calibrator import apply, calibrate
from lfx.fusion.fit_data import complete_rows, fit_data, outputs_of
from lfx.fusion.guard import refuse_leak
from lfx.runtime.settings import component_name

if TYPE_CHECKING:
    from lfx.artifacts.joined import JoinedMembers
    from lfx.fusion.calibration.calibrator import Calibrator


def with_calibrated(
    samples: SharedSamples,
    joined: JoinedMembers,
    calibrator: Calibrator,
    *,
    split: str,
    fit_split: str,
    seed: int = 0,
) -> SharedSamples:
    """Return the members, and each once more after its calibration.

    Args:
        samples: the members' labelled samples of the split, which all of them have.
        joined: the joined members.
        calibrator: fits the calibration of a member; if it needs no fit, nothing is added.
        split: the split of the samples.
        fit_split: the split that calibrations are fitted on.
        seed: of the folds that say whether a calibration helps.

    Raises:
        FusionError: both splits are the same, or no labelled sample of the fit split is in all
            members.
    """
    if not calibrator.needs_fit:
        return samples
    refuse_leak(fit_split, [split], allow_leaky_fit=False)
    outputs = outputs_of(joined, torch.device("cpu"))
    fit = fit_data(joined, outputs, complete_rows(joined, fit_split), seed)
    calibrated = apply(calibrate(calibrator, fit), outputs)
    kept = calibrated.select(torch.as_tensor(complete_rows(joined, split)))
    name = component_name(calibrator)
    return SharedSamples(
        (*samples.names, *(f"{member}, {name}" for member in samples.names)),
        samples.classes,
        np.concatenate([samples.probabilities, kept.probabilities.numpy()]),
        samples.labels,
        samples.groups,
    )
