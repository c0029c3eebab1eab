"""Score many weightings of the members on the same labelled samples."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lfx.fusion.search.scores import Scores, check_labelled, scores_of_counts, with_metric

# Scores nearer than this are tied; rounding makes differences of 1e-16 (float64) or 1e-7 (float32).
TIE = {torch.float64: 1e-12, torch.float32: 1e-6}
# Each class is compared with this many of the strongest classes to find those that never win.
_RIVALS = 16
_ROUNDING = 1e-6
# Elements of the working buffer, its rows, and elements of the buffer of counts, which are scored
# together. On a CPU all of them have to fit into the cache; a GPU needs large operations.
_CPU_SIZES = (2**19, 1024, 2**18)
_GPU_SIZES = (2**24, 4096, 2**22)
_UNIT = 64  # weightings are scored in multiples of this number


@dataclass(frozen=True, eq=False)
class _Block:
    """Samples with the same number of contenders: a first one and `others`.

    Attributes:
        leads: per member, the lead of each other contender over the first, `(others, samples, 1)`.
        gains: the change of the counts if it wins, `(2 * classes, others * samples)`; -1, 0 or 1 as
            bytes, because with many classes this takes most of the memory.
    """

    leads: tuple[Tensor, ...]
    gains: Tensor


class WeightingScorer:
    """Scores weightings of the linear pool: scores of argmax Σ_m w_m · p_m.

    Of classes with tied scores, the first wins. Scores within 1e-12 of each other are tied, so that
    0.1 + 0.2 and 0.3 are tied for any order of additions. Everything is computed in float64
    (float32, and ties within 1e-6, on MPS, which has no float64).

    Work is saved in advance: a class that another class beats in every member cannot win with any
    weights. Most samples have a single contender left, and count the same for all weightings, or
    two, of which only the difference is computed. This is exact.

    Apart from weights and scores, memory does not grow with the number of weightings. Scores do not
    depend on which weightings are passed together.

    Attributes:
        members: the number of weights of a weighting.
        contested: the number of samples whose prediction may depend on the weights.
        dtype: type of the computation.

    Args:
        probabilities: `(members, samples, classes)`, in 0..1; the computation is on their device.
        labels: class indices, `(samples,)`.
        metric: a score of counts that is computed in addition to those of tables.

    Raises:
        ValueError: shapes do not match, no samples, values out of range, or an unknown metric.
    """

    def __init__(self, probabilities: Tensor, labels: Tensor, metric: str | None = None) -> None:
        self.metrics = with_metric(metric)
        check_labelled(probabilities, labels)
        self._device = probabilities.device
        self.dtype = torch.float32 if self._device.type == "mps" else torch.float64
        self._tie = TIE[self.dtype]
        sizes = _CPU_SIZES if self._device.type == "cpu" else _GPU_SIZES
        self._buffer_size, rows, self._counts_size = sizes
        probabilities = probabilities.detach().to(self.dtype)
        labels = labels.to(self._device, torch.int64)
        self.members, _, self._classes = probabilities.shape
        self._support = torch.bincount(labels, minlength=self._classes).to(self.dtype)
        contenders = find_contenders(probabilities, self._tie)
        numbers = contenders.sum(dim=1)
        self.contested = int((numbers > 1).sum())
        classes = torch.arange(self._classes, device=self._device)
        # Contenders first, in the order of the classes.
        ordered = torch.where(contenders, classes, self._classes).sort(dim=1).values
        first = ordered[:, 0]
        # The counts if the first contender wins every sample.
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
        predicted = torch.nn.functional.one_hot(contenders.T, self._classes).to(torch.int8)
        hits = predicted * (labels == contenders.T)[:, :, None]
        counts = torch.cat([hits, predicted], dim=2)
        gains = (counts[1:] - counts[:1]).flatten(0, 1).T.contiguous()
        return _Block(leads[..., None].unbind(), gains)

    def score(self, weights: Tensor) -> Scores:
        """Compute the scores of weightings.

        Args:
            weights: `(weightings, members)`, 0 or more, each row summing to 1.

        Returns:
            `(weightings,)` each, on the device of the probabilities.

        Raises:
            ValueError: the weights do not meet these conditions.
        """
        if weights.shape[1:] != (self.members,):
            raise ValueError(
                f"weights must have shape (weightings, {self.members}); got {tuple(weights.shape)}"
            )
        number = len(weights)
        largest = max((block.gains.shape[1] for block in self._blocks), default=1)
        most_columns = self._counts_size // (2 * self._classes)
        width = _multiple(_UNIT, min(self._buffer_size // largest, most_columns), number)
        columns = _multiple(width, most_columns, number)
        # The last columns may be padding, so that all operations have the same shape.
        shares = weights.new_zeros((self.members, columns), dtype=self.dtype, device=self._device)
        counts = shares.new_empty((2 * self._classes, columns))
        buffers = shares.new_empty((3, largest * width))
        values = shares.new_empty((len(self.metrics), number))
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
            values[:, start:stop] = scores[:, : stop - start]
        return Scores(self.metrics, values)

    def _count(self, block: _Block, shares: Tensor, counts: Tensor, buffers: Tensor) -> None:
        """Add the gains of one block under some weightings to the counts."""
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
        leads: `(others, ...)`; all become 0 where the first contender wins.
        tie: scores nearer than this are tied, and the first of them wins.
        best: a buffer of the shape of `leads[0]`.
        limit: a buffer of the shape of `leads[0]`.
    """
    torch.amax(leads, dim=0, out=best)
    torch.sub(best, tie, out=limit)
    best.gt_(tie)  # from here on: 1 where no winner has been marked yet
    leads.ge_(limit)
    for lead in leads:
        lead.mul_(best)
        best.sub_(lead)


def find_contenders(probabilities: Tensor, tie: float) -> Tensor:
    """Find the classes that can win a sample with some weights.

    A class cannot win if some other class is not behind it in any member and wins ties, or leads by
    more than a tie in every member: as weights are 0 or more, the same holds for weighted sums.
    Only the classes with the highest mean are tried as the other class; a contender too many costs
    time, but does not change the result.

    Args:
        probabilities: `(members, samples, classes)`.
        tie: scores nearer than this are tied.

    Returns:
        Whether a class is a contender, `(samples, classes)`; each sample has at least one.
    """
    _, samples, classes = probabilities.shape
    strongest = probabilities.mean(dim=0).topk(min(classes, _RIVALS), dim=1).indices
    indices = torch.arange(classes, device=probabilities.device)
    contenders = torch.ones((samples, classes), dtype=torch.bool, device=probabilities.device)
    for rival in strongest.T[:, :, None]:
        rival_scores = probabilities.gather(2, rival.expand(len(probabilities), -1, -1))
        least_lead = (rival_scores - probabilities).amin(dim=0)
        contenders &= ~(((rival < indices) & (least_lead >= 0)) | (least_lead > 2 * tie))
    return contenders


def _multiple(unit: int, most: int, wanted: int) -> int:
    """Return a multiple of `unit`: enough for `wanted`, at most `most`, at least one unit."""
    return unit * max(1, min(most // unit, -(-wanted // unit)))


def _check(shares: Tensor, start: int) -> None:
    """Check that weights are on the simplex; `start` is the index of the first weighting."""
    # NaN fails every comparison.
    is_valid = (shares >= 0).all(dim=0) & ((shares.sum(dim=0) - 1).abs() <= _ROUNDING)
    if not bool(is_valid.all()):
        column = int((~is_valid).nonzero()[0])
        raise ValueError(
            "weights must be 0 or more and each row must sum to 1; got "
            f"{shares[:, column].tolist()} for weighting {start + column}"
        )
