"""What each member is worth to a fusion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from lfx.evaluation.intervals import Interval
from lfx.evaluation.resampling import resample_means
from lfx.evaluation.shapley import leave_one_out, shapley_values
from lfx.evaluation.shared_samples import group_codes
from lfx.fusion.fit_data import complete_rows, fit_data, outputs_of
from lfx.fusion.guard import refuse_leak
from lfx.runtime.errors import FusionError
from lfx.runtime.progress import track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lfx.artifacts.joined import JoinedMembers
    from lfx.fusion.outputs import FitData, Outputs
    from lfx.fusion.pipeline import Pipeline

MOST_MEMBERS = 10


@dataclass(frozen=True)
class Worth:
    """What one member adds to the accuracy of a fusion.

    Attributes:
        member: its name.
        alone: the accuracy of the member alone.
        shapley: its Shapley value: what it adds to the members before it, over all orders; all
            members' values sum to the fusion's accuracy minus that of the most frequent class.
        shapley_interval: its 95 % interval; None for a single group.
        left_out: the accuracy that is lost without it.
        left_out_interval: its 95 % interval.
    """

    member: str
    alone: float
    shapley: float
    shapley_interval: Interval | None
    left_out: float
    left_out_interval: Interval | None


def value_joined(
    joined: JoinedMembers,
    pipeline: Pipeline,
    *,
    split: str,
    fit_split: str,
    seed: int,
    device: torch.device,
) -> list[Worth]:
    """Value the members on the labelled samples of a split that all of them have.

    Args:
        joined: the joined members.
        pipeline: the calibration and the scheme.
        split: the split.
        fit_split: the split that they are fitted on, if they need a fit.
        seed: of everything random in a fit.
        device: of the computation.

    Raises:
        FusionError: as in `value_members`, or the fit would leak or has no samples.
    """
    outputs = outputs_of(joined, device)
    fit_rows = np.zeros(len(joined.label), np.bool_)
    if pipeline.needs_fit:
        refuse_leak(fit_split, [split], allow_leaky_fit=False)
        fit_rows = complete_rows(joined, fit_split)
    rows = complete_rows(joined, split)
    return value_members(
        pipeline,
        fit_data(joined, outputs, fit_rows, seed),
        outputs.select(torch.as_tensor(rows, device=device)),
        torch.as_tensor(joined.label[rows].astype(np.int64), device=device),
        group_codes(joined.texts["group"], rows),
    )


def value_members(
    pipeline: Pipeline,
    fit: FitData,
    outputs: Outputs,
    labels: torch.Tensor,
    groups: NDArray[np.integer],
) -> list[Worth]:
    """Compute exact Shapley values over all subsets of the members.

    The value of a subset is the accuracy of its fusion; of no member, that of always predicting the
    most frequent class of the samples. A scheme with a fit is fitted for each subset anew.

    Args:
        pipeline: the calibration and the scheme.
        fit: the samples that it is fitted on, which all members have.
        outputs: the members' outputs of the samples to value them on, which all members have.
        labels: class indices, `(samples,)`.
        groups: group of each sample, `(samples,)`, from 0.

    Returns:
        The worth of each member, in the order of the members.

    Raises:
        FusionError: there are more than ten members, or a subset cannot be fused.
    """
    count = len(outputs.members)
    if count > MOST_MEMBERS:
        raise FusionError(
            f"exact Shapley values take 2 ** members fusions: at most {MOST_MEMBERS} members, "
            f"got {count}; leave some out, or use worth=false"
        )
    frequent = torch.bincount(labels).argmax()
    right = np.empty((1 << count, len(labels)))
    right[0] = (labels == frequent).cpu().numpy()
    subsets = range(1, 1 << count)
    for subset in track(subsets, "fusing subsets of the members", len(subsets)):
        members = [member for member in range(count) if subset >> member & 1]
        fitted = pipeline.fit(replace(fit, outputs=fit.outputs.only(members)))
        scores = fitted.combine(outputs.only(members))
        right[subset] = (scores.argmax(dim=1) == labels).cpu().numpy()
    values = np.concatenate([shapley_values(right), leave_one_out(right)])
    resampled = resample_means(values, groups)
    return [
        Worth(
            member=name,
            alone=float(right[1 << member].mean()),
            shapley=float(resampled.values[member]),
            shapley_interval=resampled.interval(member),
            left_out=float(resampled.values[count + member]),
            left_out_interval=resampled.interval(count + member),
        )
        for member, name in enumerate(outputs.members)
    ]
