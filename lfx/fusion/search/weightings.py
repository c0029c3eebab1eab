"""Score any number of weightings of the members on the same labelled samples."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lfx.fusion.search.scores import Scores, check_labelled, scores_of_counts, with_metric

# Scores nearer than this are tied; rounding makes differences of 1e-16 (float64) or 1e-7 (float32).
TIE = {torch.float64: 1e-12, torch.float32: 1e-6}
# Classes are compared with this many of the strongest to find those that can never win.
_RIVALS = 16
_ROUNDING = 1e-6
# Numbers in the working buffer, rows of it, and numbers in the buffer of counts, whose scores are
# computed together. On a CPU all of it has to stay in the cache; a GPU wants much work at a time.
_SIZES = {"cpu": (2**19, 1024, 2**18)}
_SIZES_ELSEWHERE = (2**24, 4096, 2**22)
_UNIT = 64  # weightings are scored in multiples of this many


@dataclass(frozen=True, eq=False)
class _Block:
    """Samples with the same number of contenders, `others` and a first one.

    Attributes:
        leads: per member, by how much each other contender leads the first, `(others, samples, 1)`.
        gains: what the counts gain where it wins, `(2 * classes, others * samples)`; -1, 0 or 1 in
            single bytes, since with many classes this is what takes memory.
    """

    leads: tuple[Tensor, ...]
    gains: Tensor


class WeightingScorer:
    """Scores weightings of the linear pool: scores of argmax Σ_m w_m · p_m.

    Of classes whose scores tie, the first wins. Scores tie when they are within 1e-12 of each
    other, so that 0.1 + 0.2 against 0.3 is the tie that it is on paper, whatever the order in which
    a device adds. Everything is computed in float64 (float32, and ties within 1e-6, on MPS, which
    has no float64).

    Most work is saved ahead of all weightings. A class that another one beats at every member
    cannot win, whatever the weights; most samples are left with one contender, and then count the
    same for all weightings, or with two, whose difference is all that is computed. This is exact.

    Memory does not grow with the number of weightings, apart from weights and scores themselves.
    Nor do the scores depend on which weightings are handed over together.

    Attributes:
        members: how many weights a weighting has.
        contested: the number of samples whose prediction may depend on the weights.
        dtype: of what is computed.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1; computes where these lie.
        labels: class indices, `(samples,)`.
        metric: a score of counts that is computed beside those of tables.

    Raises:
        ValueError: shapes do not fit, no samples, values out of range, or an unknown metric.
    """

    def __init__(self, probabilities: Tensor, labels: Tensor, metric: str | None = None) -> None:
        self.metrics = with_metric(metric)
        check_labelled(probabilities, labels)
        self._device = probabilities.device
        self.dtype = torch.float32 if self._device.type == "mps" else torch.float64
        self._tie = TIE[self.dtype]
        self._size, rows, self._room = _SIZES.get(self._device.type, _SIZES_ELSEWHERE)
        probabilities = probabilities.detach().to(self.dtype)
        labels = labels.to(self._device, torch.int64)
        self.members, _, self._classes = probabilities.shape
        self._support = torch.bincount(labels, minlength=self._classes).to(self.dtype)
        contenders = find_contenders(probabilities, self._tie)
        numbers = contenders.sum(dim=1)
        self.contested = int((numbers > 1).sum())
        places = torch.arange(self._classes, device=self._device)
        # Contenders first, in the order of the classes.
        ordered = torch.where(contenders, places, self._classes).sort(dim=1).values
        first = ordered[:, 0]
        # What every weighting counts, were the first contender to win everywhere.
        self._base = torch.cat(
            [
                torch.bincount(first[first == labels], minlength=self._classes),
                torch.bincount(first, minlength=self._classes),
            ]
        ).to(self.dtype)[:, None]
        self._blocks = [
            self._block(probabilities[:, part], labels[part], ordered[part, :number])
            for number in torch.unique(numbers[numbers > 1]).tolist()
            for part in (numbers == number).nonzero()[:, 0].split(max(1, rows // (number - 1)))
        ]

    def _block(self, probabilities: Tensor, labels: Tensor, contenders: Tensor) -> _Block:
        scores = probabilities.gather(2, contenders.expand(self.members, -1, -1))
        leads = (scores[:, :, 1:] - scores[:, :, :1]).transpose(1, 2).contiguous()
        marks = torch.nn.functional.one_hot(contenders.T, self._classes).to(torch.int8)
        both = torch.cat([marks * (labels == contenders.T)[:, :, None], marks], dim=2)
        gains = (both[1:] - both[:1]).flatten(0, 1).T.contiguous()
        return _Block(leads[..., None].unbind(), gains)

    def score(self, weights: Tensor) -> Scores:
        """Score weightings.

        Args:
            weights: `(weightings, members)`, 0 or more, each row summing to 1.

        Returns:
            `(weightings,)` each, on the device of the probabilities.

        Raises:
            ValueError: shape or weights are not such.
        """
        if weights.ndim != 2 or weights.shape[1] != self.members:  # noqa: PLR2004
            raise ValueError(
                f"weights must have shape (weightings, {self.members}); got {tuple(weights.shape)}"
            )
        number = len(weights)
        largest = max((block.gains.shape[1] for block in self._blocks), default=1)
        room = self._room // (2 * self._classes)
        width = _multiple(_UNIT, min(self._size // largest, room), number)
        columns = _multiple(width, room, number)
        # The last columns may stay empty, so that every operation has the same shape.
        shares = weights.new_zeros((self.members, columns), dtype=self.dtype, device=self._device)
        counts = shares.new_empty((2 * self._classes, columns))
        buffers = shares.new_empty((3, largest * width))
        found = shares.new_empty((len(self.metrics), number))
        for start in range(0, number, columns):
            stop = min(start + columns, number)
            shares[:, : stop - start] = weights[start:stop].T
            _check(shares[:, : stop - start], start)
            counts.copy_(self._base.expand_as(counts))
            for low in range(0, stop - start, width):
                part = slice(low, low + width)
                for block in self._blocks:
                    self._count(block, shares[:, part], counts[:, part], buffers)
            scores = scores_of_counts(
                self.metrics, counts[: self._classes], counts[self._classes :], self._support
            )
            found[:, start:stop] = scores[:, : stop - start]
        return Scores(self.metrics, found)

    def _count(self, block: _Block, shares: Tensor, counts: Tensor, buffers: Tensor) -> None:
        """Add to counts what one block gains under some weightings."""
        others, samples, _ = block.leads[0].shape
        width = shares.shape[1]
        leads = buffers[0, : others * samples * width].view(others, samples, width)
        torch.mul(block.leads[0], shares[0], out=leads)
        for member in range(1, self.members):
            leads.addcmul_(block.leads[member], shares[member])
        if others == 1:
            leads.gt_(self._tie)
        else:
            best, limit = buffers[1:, : samples * width].view(2, samples, width)
            mark_winners(leads, self._tie, best, limit)
        counts.addmm_(block.gains.to(counts.dtype), leads.view(-1, width))


def mark_winners(leads: Tensor, tie: float, best: Tensor, limit: Tensor) -> None:
    """Replace leads over the first contender by 1 for the winner and 0 for all others, in place.

    Args:
        leads: `(others, ...)`; all become 0 where the first contender itself wins.
        tie: scores nearer than this are tied, and the first of them wins.
        best: a buffer of the shape of `leads[0]`.
        limit: another one.
    """
    torch.amax(leads, dim=0, out=best)
    torch.sub(best, tie, out=limit)
    best.gt_(tie)  # from here on: 1 where the win is still to be given
    leads.ge_(limit)
    for lead in leads:
        lead.mul_(best)
        best.sub_(lead)


def find_contenders(probabilities: Tensor, tie: float) -> Tensor:
    """Find the classes that may win a sample under some weights.

    A class is out if another one is at no member behind it and comes first in case of a tie, or
    leads by more than a tie at every member. Weights are 0 or more, so the same then holds for
    the weighted sums. Only the classes with the highest average are tried as that other one; a
    class that is left in without need costs time and nothing else.

    Args:
        probabilities: `(members, samples, classes)`.
        tie: scores nearer than this are tied.

    Returns:
        Whether a class is a contender, `(samples, classes)`; each sample has one at least.
    """
    _, samples, classes = probabilities.shape
    strongest = probabilities.mean(dim=0).topk(min(classes, _RIVALS), dim=1).indices
    places = torch.arange(classes, device=probabilities.device)
    left = torch.ones((samples, classes), dtype=torch.bool, device=probabilities.device)
    for rival in strongest.T[:, :, None]:
        theirs = probabilities.gather(2, rival.expand(len(probabilities), -1, -1))
        least = (theirs - probabilities).amin(dim=0)
        left &= ~(((rival < places) & (least >= 0)) | (least > 2 * tie))
    return left


def _multiple(unit: int, most: int, wanted: int) -> int:
    """Take as many units as are wanted, but no more than fit, and one at least."""
    return unit * max(1, min(most // unit, -(-wanted // unit)))


def _check(shares: Tensor, start: int) -> None:
    """Refuse weights off the simplex; `start` is the number of the first, for the message."""
    # NaN compares false.
    fine = (shares >= 0).all(dim=0) & ((shares.sum(dim=0) - 1).abs() <= _ROUNDING)
    if not bool(fine.all()):
        place = int((~fine).nonzero()[0])
        raise ValueError(
            "weights must be 0 or more and each row must sum to 1; got "
            f"{shares[:, place].tolist()} for weighting {start + place}"
        )
