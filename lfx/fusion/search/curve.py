"""The exact scores of two members as a function of the weight, without a grid."""

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

# The least distance of the recommended weight from a breakpoint.
_LEAST_DISTANCE = 1e-9
_MOST_ELEMENTS = 2**20  # of a working tensor: breakpoints are processed in parts of that size
_PAIR = 2


@dataclass(frozen=True)
class Optimum:
    """The best score and the weights that reach it.

    Attributes:
        score: the best score.
        low: start of the widest interval with the best score; a weight of member 1.
        high: end of that interval.
        weight: its middle; if a breakpoint is there, the middle of the interval's widest part
            between breakpoints, because scores at a breakpoint itself may differ.
    """

    score: float
    low: float
    high: float
    weight: float


@dataclass(frozen=True, eq=False)
class Curve:
    """Scores as a step function of the weight of member 1; member 0 has the remaining weight.

    Attributes:
        edges: `(intervals + 1,)`, float64, increasing from 0 to 1. No prediction changes between
            two neighbours.
        scores: scores of each interval, `(intervals,)` each.
    """

    edges: Tensor
    scores: Scores

    def best(self, metric: str) -> Optimum:
        """Find the best score and the widest interval that reaches it.

        Adjacent intervals with the same score are joined. Of equally wide intervals the first is
        taken.

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
        # Rounding makes equal widths differ; argmax returns the first of equals.
        widest = (widths >= widths.max() - SAME).to(torch.uint8).argmax()
        inner = self.edges[starts[widest] : ends[widest] + 1]
        low, high = inner[0], inner[-1]
        middle = (low + high) / 2
        if bool((inner - middle).abs().min() < _LEAST_DISTANCE):
            part = inner.diff().argmax()
            middle = (inner[part] + inner[part + 1]) / 2
        return Optimum(scores.max().item(), low.item(), high.item(), middle.item())


def exact_curve(probabilities: Tensor, labels: Tensor, metric: str | None = None) -> Curve:
    """Compute the scores for every weight of two members.

    With weight w for member 1 (the second) and 1 - w for member 0 (the first), each class's score
    is a linear function of w, and the prediction is the class on the upper envelope of these lines.
    It changes only at the breakpoints of the envelope; a sample has fewer breakpoints than classes.
    The sorted breakpoints of all samples divide 0..1 into intervals with constant scores.

    An interval's scores hold inside it. At a breakpoint two classes of some sample tie, and the
    first class wins: the scores there may be those of the left or the right interval, or others if
    several samples change at once or a third class ties too. The same holds at 0 and 1 for samples
    with tied classes. Lines that differ by less than 1e-12 count as equal, and the first class
    wins; breakpoints nearer than that to each other, or to 0 or 1, count as one.

    Args:
        probabilities: `(2, samples, classes)`, in 0..1; the computation is on their device, in
            float64 (on the CPU instead of MPS, which has no float64).
        labels: class indices, `(samples,)`.
        metric: a score of counts that is computed in addition to those of tables.

    Raises:
        ValueError: not two members, shapes do not match, no samples, values out of range, or an
            unknown metric.
    """
    check_labelled(probabilities, labels)
    if len(probabilities) != _PAIR:
        raise ValueError(f"an exact curve takes 2 members; got {len(probabilities)}")
    device = torch.device("cpu") if probabilities.device.type == "mps" else probabilities.device
    start, end = probabilities.detach().to(device).to(torch.float64)
    labels = labels.to(device, torch.int64)
    envelope = upper_envelope(start, end)
    # Edge 0 is prepended, so that changes at 0 are merged with it.
    at = pad(envelope.at, (1, 0))
    is_first = at.diff(prepend=at.new_full((1,), -1)) > SAME
    is_last = pad(is_first[1:], (0, 1), value=True)
    metrics = with_metric(metric)
    scores = _running_scores(metrics, envelope, labels, start.shape[1], is_last)
    return Curve(torch.cat([at[is_first], at.new_ones(1)]), Scores(metrics, scores))


def _running_scores(
    metrics: Sequence[str], envelope: Envelope, labels: Tensor, classes: int, wanted: Tensor
) -> Tensor:
    """Compute the scores before the first change and after each change.

    Args:
        metrics: keys of scores of counts.
        envelope: the changes, in order.
        labels: class indices, `(samples,)`.
        classes: the number of classes.
        wanted: the numbers of changes after which scores are wanted, `(changes + 1,)`, bool.

    Returns:
        `(scores, wanted)`.
    """
    first = envelope.first
    support = torch.bincount(labels, minlength=classes).double()
    hits = torch.bincount(first[first == labels], minlength=classes).double()
    predicted = torch.bincount(first, minlength=classes).double()
    counts = torch.stack([hits, predicted])[:, :, None]
    size = max(1, _MOST_ELEMENTS // (2 * classes))
    scores = []
    for low in range(0, len(wanted), size):
        high = min(low + size, len(wanted))
        part = slice(max(0, low - 1), high - 1)  # change k gives column k + 1
        gains = counts.new_zeros((2, classes, high - low))
        column = torch.arange(part.start + 1 - low, high - low, device=labels.device)
        label = labels[envelope.sample[part]]
        for predictions, sign in ((envelope.before[part], -1.0), (envelope.after[part], 1.0)):
            gains[1, predictions, column] = sign
            gains[0, predictions, column] = sign * (predictions == label).double()
        running = counts + gains.cumsum(dim=2)
        counts = running[:, :, -1:]
        kept = running[:, :, wanted[low:high]]
        scores.append(scores_of_counts(metrics, kept[0], kept[1], support))
    return torch.cat(scores, dim=1)
