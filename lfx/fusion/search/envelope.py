"""Which class leads as the weight goes from one member to the other: upper envelopes of lines."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

# Scores, slopes and weights nearer than this are the same; they are rounded at 1e-16.
SAME = 1e-12
_NUMBERS = 2**18  # in a working tensor: samples are taken in parts of that size


@dataclass(frozen=True, eq=False)
class Envelope:
    """Which class leads each sample first, and every change of the lead.

    Attributes:
        first: the class that leads just above weight 0, `(samples,)`.
        at: weights in 0..1 at which the lead changes, rising, `(changes,)`.
        sample: where it changes, `(changes,)`.
        before: the class that leads below that weight, `(changes,)`.
        after: the class that leads above it, `(changes,)`.
    """

    first: Tensor
    at: Tensor
    sample: Tensor
    before: Tensor
    after: Tensor


def upper_envelope(start: Tensor, end: Tensor) -> Envelope:
    """Follow the highest of the lines (1 - w) · start + w · end of each sample, for w from 0 to 1.

    From the line that leads, the next to lead is the one that crosses it first; of several that
    cross it in the same point, the steepest. Slopes rise from change to change, so a sample has
    fewer changes than classes. Of lines that are the same the first leads.

    Args:
        start: scores at weight 0, `(samples, classes)`, float64.
        end: scores at weight 1, `(samples, classes)`, float64.
    """
    samples, classes = start.shape
    rows = max(1, _NUMBERS // classes)
    walks = [
        _walk(start[low : low + rows], end[low : low + rows], low)
        for low in range(0, samples, rows)
    ]
    changes = [change for _, found in walks for change in found]
    at, *rest = (torch.cat(column) for column in zip(*changes, strict=True))
    at, order = at.sort(stable=True)
    return Envelope(torch.cat([first for first, _ in walks]), at, *(one[order] for one in rest))


def _walk(start: Tensor, end: Tensor, offset: int) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
    """Find the first leaders and, step by step, the changes: at, sample, before, after."""
    slopes = end - start
    leader = _steepest(slopes, start >= start.amax(dim=1, keepdim=True) - SAME)
    first = leader
    sample = torch.arange(offset, offset + len(start), device=start.device)
    reached = start.new_zeros(len(start))
    changes: list[tuple[Tensor, ...]] = []
    for _ in range(start.shape[1] - 1):
        place = leader[:, None]
        rise = slopes - slopes.gather(1, place)
        ahead = start.gather(1, place) - start
        crossing = torch.where(rise > SAME, ahead / rise, torch.inf)
        # Rounding must not lead back.
        at = crossing.amin(dim=1).maximum(reached)
        follower = _steepest(slopes, crossing <= at[:, None] + SAME)
        more = at < 1 - SAME
        sample, at, leader, follower = (one[more] for one in (sample, at, leader, follower))
        changes.append((at, sample, leader, follower))
        if len(sample) == 0:
            break
        start, slopes, leader, reached = start[more], slopes[more], follower, at
    return first, changes


def _steepest(slopes: Tensor, among: Tensor) -> Tensor:
    """Find the first of the steepest lines among some, `(samples,)`."""
    steep = torch.where(among, slopes, -torch.inf)
    # Bytes, since there is no argmax of truth values; it gives the first of equals.
    return (steep >= steep.amax(dim=1, keepdim=True) - SAME).to(torch.uint8).argmax(dim=1)
