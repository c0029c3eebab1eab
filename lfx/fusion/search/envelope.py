"""Upper envelopes of lines: the leading class as a function of the weight of two members."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# Scores, slopes and weights nearer than this count as equal; float64 rounds at 1e-16.
SAME = 1e-12
_MOST_ELEMENTS = 2**18  # of a working tensor: samples are processed in parts of that size


@dataclass(frozen=True, eq=False)
class Envelope:
    """The first leading class of each sample, and all changes of the leading class.

    Attributes:
        first: the class that leads just above weight 0, `(samples,)`.
        at: weights in 0..1 of the changes, increasing, `(changes,)`.
        sample: the sample of each change, `(changes,)`.
        before: the class that leads below that weight, `(changes,)`.
        after: the class that leads above that weight, `(changes,)`.
    """

    first: Tensor
    at: Tensor
    sample: Tensor
    before: Tensor
    after: Tensor


def upper_envelope(start: Tensor, end: Tensor) -> Envelope:
    """Compute the upper envelope of the lines (1 - w) · start + w · end of each sample, w in 0..1.

    The next leading line is the first one that crosses the current one; of several at the same
    point, the steepest. Slopes increase with each change, so a sample has fewer changes than
    classes. Of equal lines the first leads.

    Args:
        start: scores at weight 0, `(samples, classes)`, float64.
        end: scores at weight 1, `(samples, classes)`, float64.
    """
    samples, classes = start.shape
    rows = max(1, _MOST_ELEMENTS // classes)
    parts = [
        _find_changes(start[low : low + rows], end[low : low + rows], low)
        for low in range(0, samples, rows)
    ]
    changes = [change for _, part_changes in parts for change in part_changes]
    at, sample, before, after = (torch.cat(column) for column in zip(*changes, strict=True))
    at, order = at.sort(stable=True)
    first = torch.cat([part_first for part_first, _ in parts])
    return Envelope(first, at, sample[order], before[order], after[order])


def _find_changes(
    start: Tensor, end: Tensor, offset: int
) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
    """Return the first leaders and, step by step, the changes: at, sample, before, after."""
    slopes = end - start
    leader = _steepest(slopes, start >= start.amax(dim=1, keepdim=True) - SAME)
    first = leader
    sample = torch.arange(offset, offset + len(start), device=start.device)
    reached = start.new_zeros(len(start))
    changes: list[tuple[Tensor, ...]] = []
    for _ in range(start.shape[1] - 1):
        column = leader[:, None]
        rise = slopes - slopes.gather(1, column)
        ahead = start.gather(1, column) - start
        crossing = torch.where(rise > SAME, ahead / rise, torch.inf)
        # Rounding must not decrease the weight.
        at = crossing.amin(dim=1).maximum(reached)
        follower = _steepest(slopes, crossing <= at[:, None] + SAME)
        more = at < 1 - SAME
        sample, at, leader, follower = (part[more] for part in (sample, at, leader, follower))
        changes.append((at, sample, leader, follower))
        if len(sample) == 0:
            break
        start, slopes, leader, reached = start[more], slopes[more], follower, at
    return first, changes


def _steepest(slopes: Tensor, candidates: Tensor) -> Tensor:
    """Return the first of the steepest candidate lines, `(samples,)`."""
    steep = torch.where(candidates, slopes, -torch.inf)
    # As bytes, because bool has no argmax; argmax returns the first of equals.
    return (steep >= steep.amax(dim=1, keepdim=True) - SAME).to(torch.uint8).argmax(dim=1)
