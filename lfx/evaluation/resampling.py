"""The cluster bootstrap: scores of several models on resamples of their samples.

Groups of near duplicates are drawn with replacement, each with all of its samples, because samples
of one group are not independent (Davison and Hinkley, Bootstrap Methods and their Application,
1997, section 3.8). All models are scored on the same resamples, so that differences between them
are paired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from lfx.evaluation.bca import bca_interval
from lfx.evaluation.scores import SCORES, Score
from lfx.evaluation.summed_scores import SummedScores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from lfx.evaluation.intervals import Interval
    from lfx.evaluation.shared_samples import SharedSamples

RESAMPLES = 10_000
# Of scores that need the samples themselves, not sums over them, such as the AUROC.
RANK_RESAMPLES = 1_000
# Their cost grows with samples times resamples: with more samples they have no interval.
MOST_RANKED = 10_000
# Up to so many groups are drawn one by one. Of more, several at random are drawn together, in
# blocks: cost grows no further, and the width of an interval is known to 2 % still.
MOST_GROUPS = 5_000
BLOCKS = 2_000
# Blocks that are left out in turn, for the acceleration of the intervals.
_JACKKNIFE = 1_000
_RANK_JACKKNIFE = 100
_NUMBERS_AT_ONCE = 8_000_000  # of float64: 64 MB


@dataclass(frozen=True, eq=False)
class Resampled:
    """One score of several models, on the same resamples.

    Attributes:
        values: scores on all samples, `(models,)`; NaN where the score is not defined.
        drawn: scores on the resamples, `(models, resamples)`.
        left_out: scores without each block of groups, `(models, blocks)`.
        groups: the number of independent groups.
    """

    values: Tensor
    drawn: Tensor
    left_out: Tensor
    groups: int

    def interval(self, model: int, level: float = 0.95) -> Interval | None:
        """Return a model's interval; None if it has none, as with fewer than two groups."""
        parts = (self.values[model], self.drawn[model], self.left_out[model])
        return bca_interval(*parts, self.groups, level)

    def difference(self, model: int, other: int, level: float = 0.95) -> Interval | None:
        """Return the interval of a model's score minus another's; None if it has none."""
        value, drawn, left_out = (
            of_models[model] - of_models[other]
            for of_models in (self.values, self.drawn, self.left_out)
        )
        return bca_interval(value, drawn, left_out, self.groups, level)


def resample(
    samples: SharedSamples,
    scores: Sequence[str] | Mapping[str, Score],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Resampled]:
    """Score models on resamples of their samples.

    Args:
        samples: the models' probabilities, labels and groups.
        scores: keys of the scores, or scores by any name; those that are not sums over samples take
            at most `RANK_RESAMPLES`.
        resamples: the number of resamples.
        seed: seed of the resamples.

    Returns:
        Key → the score on all samples and on the resamples; without scores that need the samples
        themselves if there are more than `MOST_RANKED`.

    Example:
        >>> from lfx.evaluation.shared_samples import SharedSamples
        >>> sure = [[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]]
        >>> samples = SharedSamples.of(["a"], ["no", "yes"], [sure], [0, 0, 1, 1])
        >>> accuracy = resample(samples, ["accuracy"])["accuracy"]
        >>> accuracy.values.tolist(), accuracy.drawn.shape
        ([0.75], torch.Size([1, 10000]))
    """
    blocks = _blocks(samples.groups, samples.group_count, seed)
    entries = scores if isinstance(scores, Mapping) else {key: SCORES[key] for key in scores}
    blocks = _blocks(samples.groups, samples.group_count, seed)
    scored: dict[str, Resampled] = {}
    if any(entry.of_probabilities is None for entry in entries.values()):
        summed = SummedScores.of(samples, entries, blocks)
        scored |= _resample_sums(summed, samples.group_count, resamples, seed)
    fewer = min(resamples, RANK_RESAMPLES)
    for key, entry in entries.items():
        if entry.of_probabilities is not None and len(samples.labels) <= MOST_RANKED:
            scored[key] = _resample_rows(samples, entry, blocks, fewer, seed)
    return {key: scored[key] for key in entries if key in scored}


def _blocks(groups: NDArray[np.integer], count: int, seed: int) -> Tensor:
    """Return the block of each sample, `(samples,)`: its group, or several groups together."""
    if count > MOST_GROUPS:
        shuffled = np.random.default_rng(seed).permutation(count) % BLOCKS
        groups = shuffled[groups]
    return torch.from_numpy(np.asarray(groups, np.int64))


def _draws(blocks: int, resamples: int, at_once: int, seed: int) -> Iterator[Tensor]:
    """Yield how often resamples have each block, `(resamples, blocks)`, `at_once` rows each."""
    if resamples <= at_once:
        yield _all_draws(blocks, resamples, seed)
        return
    generator = np.random.default_rng(seed)
    for start in range(0, resamples, at_once):
        yield _draw(generator, min(at_once, resamples - start), blocks)


@lru_cache(maxsize=2)  # of val and test: the jobs of a multirun share them
def _all_draws(blocks: int, resamples: int, seed: int) -> Tensor:
    return _draw(np.random.default_rng(seed), resamples, blocks)


def _draw(generator: np.random.Generator, resamples: int, blocks: int) -> Tensor:
    """Draw blocks with replacement; a generator's draws do not depend on how it is called."""
    kind = np.uint16 if blocks <= np.iinfo(np.uint16).max else np.uint32
    drawn = generator.integers(0, blocks, size=(resamples, blocks), dtype=kind).astype(np.int64)
    drawn += np.arange(resamples)[:, None] * blocks
    counts = np.bincount(drawn.ravel(), minlength=resamples * blocks)
    return torch.from_numpy(counts.reshape(resamples, blocks).astype(np.float64))


def resample_means(
    values: NDArray[np.floating],
    groups: NDArray[np.integer],
    *,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Resampled:
    """Return the means of values over samples, on all samples and on resamples.

    Args:
        values: `(rows, samples)`; each row is one of the `models` of the result.
        groups: group of each sample, `(samples,)`, from 0.
        resamples: the number of resamples.
        seed: seed of the resamples.
    """
    count = int(groups.max()) + 1
    blocks = _blocks(groups, count, seed)
    ones = np.ones((1, values.shape[1]))
    terms = torch.from_numpy(np.concatenate([ones, values]).T.astype(np.float64))
    by_block = terms.new_zeros(int(blocks.max()) + 1, terms.shape[1]).index_add_(0, blocks, terms)
    summed = SummedScores(by_block, {"mean": lambda sums: sums[1:] / sums[0]})
    return _resample_sums(summed, count, resamples, seed)["mean"]


def _resample_sums(
    summed: SummedScores, groups: int, resamples: int, seed: int
) -> dict[str, Resampled]:
    """Compute scores that are functions of sums over samples."""
    by_block = summed.by_block
    count, columns = by_block.shape
    at_once = max(1, _NUMBERS_AT_ONCE // max(count, columns))
    drawn: dict[str, list[Tensor]] = {key: [] for key in summed.scores}
    for weights in _draws(count, resamples, at_once, seed):
        sums = (weights @ by_block).T
        for key, compute in summed.scores.items():
            drawn[key].append(compute(sums))
    total = by_block.sum(dim=0)
    parts = min(count, _JACKKNIFE)
    of_parts = by_block.new_zeros(parts, columns)
    of_parts.index_add_(0, torch.arange(count) * parts // count, by_block)
    without = (total - of_parts).T
    return {
        key: Resampled(
            compute(total[:, None])[:, 0], torch.cat(drawn[key], dim=1), compute(without), groups
        )
        for key, compute in summed.scores.items()
    }


def _resample_rows(
    samples: SharedSamples, entry: Score, blocks: Tensor, resamples: int, seed: int
) -> Resampled:
    """Compute a score that needs the samples themselves."""
    labels = torch.from_numpy(samples.labels)
    count = int(blocks.max()) + 1
    parts = min(count, _RANK_JACKKNIFE)
    part = (torch.arange(count) * parts // count)[blocks]
    left_out = (part[:, None] != torch.arange(parts)).double()
    everything = torch.ones(len(labels), 1, dtype=torch.float64)
    at_once = max(1, _NUMBERS_AT_ONCE // max(count, len(labels)))
    scored: list[list[Tensor]] = [[] for _ in samples.names]
    drawn = (weights.T[blocks] for weights in _draws(count, resamples, at_once, seed))
    for weights in (everything, *torch.split(left_out, at_once, dim=1), *drawn):
        for model, probabilities in enumerate(samples.probabilities):
            scored[model].append(_on(entry, torch.from_numpy(probabilities), labels, weights))
    values = torch.stack([torch.cat(of_model) for of_model in scored])
    return Resampled(
        values[:, 0], values[:, 1 + parts :], values[:, 1 : 1 + parts], samples.group_count
    )


def _on(entry: Score, probabilities: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Compute a score of resamples, `(resamples,)`; NaN where it is not defined."""
    if entry.of_resamples is not None:
        return entry.of_resamples(probabilities, labels, weights)
    compute = entry.of_probabilities
    if compute is None:
        raise ValueError(f"{entry.key} is no score of probabilities")
    values = []
    for counts in weights.T.long():
        rows = torch.arange(len(labels)).repeat_interleave(counts)
        value = compute(probabilities[rows], labels[rows])
        values.append(float("nan") if value is None else float(value))
    return torch.tensor(values, dtype=torch.float64)
