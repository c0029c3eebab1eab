"""The exact scores of two members over all weights between them, without a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import pad

from lfx.fusion.search.envelope import SAME, Envelope, upper_envelope
from lfx.fusion.search.scores import Scores, check_labelled, scores_of_counts, with_metric

if TYPE_CHECKING:
    from collections.abc import Sequence

# A weight nearer than this to a breakpoint is not recommended.
_CLEAR = 1e-9
_NUMBERS = 2**20  # in a working tensor: breakpoints are taken in parts of that size
_PAIR = 2


@dataclass(frozen=True)
class Optimum:
    """The best score and where it is reached.

    Attributes:
        score: in 0..1.
        low: where the widest interval that reaches it begins; weight of member 1.
        high: where it ends.
        weight: its middle; where a breakpoint lies there, the middle of the widest part between
            breakpoints, as scores at a breakpoint itself may differ.
    """

    score: float
    low: float
    high: float
    weight: float


@dataclass(frozen=True, eq=False)
class Curve:
    """Scores as a step function of the weight of member 1; member 0 has the remainder.

    Attributes:
        edges: `(intervals + 1,)`, float64, rising from 0 to 1. Between two neighbours no prediction
            changes.
        scores: of each interval, `(intervals,)` each.
    """

    edges: Tensor
    scores: Scores

    def best(self, metric: str) -> Optimum:
        """Find the best score and the widest interval that reaches it.

        Neighbours with the same score are one interval. Of equally wide ones the first is taken.

        Args:
            metric: key of the score.

        Raises:
            ValueError: unknown metric.
        """
        scores = self.scores.of(metric)
        reached = pad(scores >= scores.max() - SAME, (1, 1))
        turns = (reached[1:] != reached[:-1]).nonzero()[:, 0]
        starts, ends = turns[::2], turns[1::2]
        widths = self.edges[ends] - self.edges[starts]
        # Rounded widths of equal intervals differ; argmax gives the first of equals.
        widest = (widths >= widths.max() - SAME).to(torch.uint8).argmax()
        inner = self.edges[starts[widest] : ends[widest] + 1]
        low, high = inner[0], inner[-1]
        middle = (low + high) / 2
        if bool((inner - middle).abs().min() < _CLEAR):
            part = inner.diff().argmax()
            middle = (inner[part] + inner[part + 1]) / 2
        return Optimum(scores.max().item(), low.item(), high.item(), middle.item())


def exact_curve(probabilities: Tensor, labels: Tensor, metric: str | None = None) -> Curve:
    """Compute the scores for every weight between two members.

    With weight w for member 1 (the second) and 1 - w for member 0 (the first), each class's score
    is a straight line in w, and the prediction follows the upper envelope of these lines. It
    changes at the envelope's corners only, of which a sample has fewer than classes. In between all
    scores are constant, and the corners of all samples, sorted, cut 0..1 into intervals.

    Each interval's scores hold inside it. At a breakpoint itself two classes of some sample tie;
    there the first class wins, which may be what holds on the left, on the right, or, where several
    samples change at once or a third class just touches the corner, neither. So may it be at 0 and
    1, for samples at which a member is undecided. Lines that differ by less than 1e-12 are one,
    whose first class wins; breakpoints nearer than that to each other, or to 0 or 1, are one.

    Args:
        probabilities: `(2, samples, classes)`, in 0..1; computes where these lie, in float64 (on
            the CPU if they lie on MPS, which has no float64).
        labels: class indices, `(samples,)`.
        metric: a score of counts that is computed beside those of tables.

    Raises:
        ValueError: not two members, shapes do not fit, no samples, values out of range, or an
            unknown metric.
    """
    check_labelled(probabilities, labels)
    if len(probabilities) != _PAIR:
        raise ValueError(f"an exact curve takes 2 members; got {len(probabilities)}")
    device = torch.device("cpu") if probabilities.device.type == "mps" else probabilities.device
    start, end = probabilities.detach().to(device).to(torch.float64)
    labels = labels.to(device, torch.int64)
    envelope = upper_envelope(start, end)
    # Edge 0 leads the row, so that changes at 0 join it.
    at = pad(envelope.at, (1, 0))
    begins = at.diff(prepend=at.new_full((1,), -1)) > SAME
    ends = pad(begins[1:], (0, 1), value=True)
    metrics = with_metric(metric)
    scores = _running_scores(metrics, envelope, labels, start.shape[1], ends)
    return Curve(torch.cat([at[begins], at.new_ones(1)]), Scores(metrics, scores))


def _running_scores(
    metrics: Sequence[str], envelope: Envelope, labels: Tensor, classes: int, wanted: Tensor
) -> Tensor:
    """Score what holds before all changes and after each.

    Args:
        metrics: keys of scores of counts.
        envelope: the changes, in order.
        labels: class indices, `(samples,)`.
        classes: their number.
        wanted: after which numbers of changes, `(changes + 1,)`, bool.

    Returns:
        `(scores, wanted)`.
    """
    first = envelope.first
    support = torch.bincount(labels, minlength=classes).double()
    hits = torch.bincount(first[first == labels], minlength=classes).double()
    predicted = torch.bincount(first, minlength=classes).double()
    counts = torch.stack([hits, predicted])[:, :, None]
    size = max(1, _NUMBERS // (2 * classes))
    found = []
    for low in range(0, len(wanted), size):
        high = min(low + size, len(wanted))
        part = slice(max(0, low - 1), high - 1)  # change k leads to entry k + 1
        gains = counts.new_zeros((2, classes, high - low))
        column = torch.arange(part.start + 1 - low, high - low, device=labels.device)
        label = labels[envelope.sample[part]]
        for chosen, sign in ((envelope.before[part], -1.0), (envelope.after[part], 1.0)):
            gains[1, chosen, column] = sign
            gains[0, chosen, column] = sign * (chosen == label).double()
        running = counts + gains.cumsum(dim=2)
        counts = running[:, :, -1:]
        kept = running[:, :, wanted[low:high]]
        found.append(scores_of_counts(metrics, kept[0], kept[1], support))
    return torch.cat(found, dim=1)
