"""Every loss against a naive loop and, where there is one, against somebody else's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
import torch
from pytorch_metric_learning.distances import DotProductSimilarity
from pytorch_metric_learning.losses import NPairsLoss, NTXentLoss
from torch import Tensor
from torch.nn import functional

from lfx.losses.combined import Combined
from lfx.losses.cross_entropy import CrossEntropy
from lfx.losses.loss import Views
from lfx.losses.npair import NPair, NPairTfa, npair
from lfx.losses.softmax import NtXent, SupCon
from lfx.losses.triplet import Triplet

if TYPE_CHECKING:
    from collections.abc import Callable

CLOSE = {"rtol": 1e-5, "atol": 1e-5}


def naive_npair(rows: Tensor, targets: list[int]) -> Tensor:
    count = len(targets)
    pairs = [(a, p) for a in range(count) for p in range(a + 1, count) if targets[a] == targets[p]]
    losses = []
    for a, p in pairs:
        total = rows.new_zeros(())
        for n in sorted({positive for _, positive in pairs if targets[positive] != targets[a]}):
            total = total + (rows[a] @ rows[n] - rows[a] @ rows[p]).exp()
        losses.append(torch.log(1 + total))
    return torch.stack(losses).mean()


def naive_symmetric_npair(rows: Tensor, targets: list[int]) -> Tensor:
    losses = []
    for a, of_a in enumerate(targets):
        for p, of_p in enumerate(targets):
            if a == p or of_a != of_p:
                continue
            total = rows.new_zeros(())
            for n, of_n in enumerate(targets):
                if of_n != of_a:
                    total = total + (rows[a] @ rows[n] - rows[a] @ rows[p]).exp()
            losses.append(torch.log(1 + total))
    return torch.stack(losses).mean()


def unit(rows: Tensor) -> list[Tensor]:
    return [row / (row * row).sum().sqrt() for row in rows]


def naive_npair_tfa(rows: Tensor, targets: list[int]) -> Tensor:
    units = unit(rows)
    losses = []
    for a, of_a in enumerate(targets):
        logits = [units[a] @ other / 0.2 for other in units]
        total = sum(logit.exp() for logit in logits)
        mates = [n for n, of_n in enumerate(targets) if of_n == of_a]
        losses.append(-sum(torch.log(logits[n].exp() / total) for n in mates) / len(mates))
    return torch.stack(losses).mean()


def naive_supcon(rows: Tensor, targets: list[int]) -> Tensor:
    units = unit(rows)
    losses = []
    for a, of_a in enumerate(targets):
        others = [n for n in range(len(targets)) if n != a]
        mates = [n for n in others if targets[n] == of_a]
        if mates:
            total = sum((units[a] @ units[n] / 0.2).exp() for n in others)
            logs = [torch.log((units[a] @ units[n] / 0.2).exp() / total) for n in mates]
            losses.append(-sum(logs) / len(mates))
    return torch.stack(losses).mean()


def naive_triplets(
    rows: Tensor, targets: list[int], choose: Callable[[float, float], bool]
) -> Tensor:
    units = unit(rows)
    count = range(len(targets))
    losses = []
    for a in count:
        for p in count:
            for n in count:
                if a == p or targets[a] != targets[p] or targets[a] == targets[n]:
                    continue
                near, far = (units[a] - units[p]).norm(), (units[a] - units[n]).norm()
                if choose(near.item(), far.item()):
                    losses.append((near - far + 0.3).clamp(min=0))
    return torch.stack(losses).mean()


def naive_all(rows: Tensor, targets: list[int]) -> Tensor:
    return naive_triplets(rows, targets, lambda _near, _far: True)


def naive_semihard(rows: Tensor, targets: list[int]) -> Tensor:
    return naive_triplets(rows, targets, lambda near, far: near < far < near + 0.3)


def naive_hard(rows: Tensor, targets: list[int]) -> Tensor:
    units = unit(rows)
    losses = []
    for a, of_a in enumerate(targets):
        near = [(units[a] - units[n]).norm() for n, of_n in enumerate(targets) if of_n != of_a]
        far = [
            (units[a] - units[n]).norm()
            for n, of_n in enumerate(targets)
            if of_n == of_a and n != a
        ]
        if near and far:
            losses.append((max(far) - min(near) + 0.3).clamp(min=0))
    return torch.stack(losses).mean()


NAIVE = {
    "npair": (NPair(), naive_npair),
    "npair_symmetric": (NPair(symmetric=True), naive_symmetric_npair),
    "npair_tfa": (NPairTfa(temperature=0.2), naive_npair_tfa),
    "supcon": (SupCon(temperature=0.2), naive_supcon),
    "ntxent": (NtXent(temperature=0.2), naive_supcon),
    "triplet_all": (Triplet(margin=0.3, mining="all"), naive_all),
    "triplet_semihard": (Triplet(margin=0.3, mining="semihard"), naive_semihard),
    "triplet_hard": (Triplet(margin=0.3, mining="hard"), naive_hard),
}
TARGETS = {
    "pairs": [0, 0, 1, 1, 2, 2],
    "mixed": [2, 0, 1, 1, 0, 2, 2, 0, 1, 1, 1],
    "one of a kind": [0, 1, 1, 2, 1, 0, 3],
}


def embeddings(count: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(count, 4, generator=generator).requires_grad_()


def value_and_gradient(value: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    (gradient,) = torch.autograd.grad(value, rows)
    return value.detach(), gradient


@pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS)
@pytest.mark.parametrize("name", NAIVE)
def test_value_and_gradient_are_those_of_a_naive_loop(name: str, targets: list[int]) -> None:
    loss, naive = NAIVE[name]
    rows = embeddings(len(targets))
    ours = value_and_gradient(loss.contrast(rows, torch.tensor(targets)).value, rows)
    theirs = value_and_gradient(naive(rows, targets), rows)
    assert theirs[0] > 0
    torch.testing.assert_close(ours, theirs, **CLOSE)


@pytest.mark.parametrize("targets", [[0, 0, 1, 1, 2, 2], [0, 1, 2, 0, 1, 2], [2, 0, 0, 1, 2, 1]])
def test_npair_is_the_third_party_loss_on_one_pair_a_class(targets: list[int]) -> None:
    rows = embeddings(len(targets))
    theirs = NPairsLoss(distance=DotProductSimilarity(normalize_embeddings=False))
    torch.testing.assert_close(
        value_and_gradient(npair(rows, torch.tensor(targets)).value, rows),
        value_and_gradient(theirs(rows, torch.tensor(targets)), rows),
        **CLOSE,
    )


def test_npair_uses_all_pairs_where_the_third_party_loss_uses_one_a_class() -> None:
    rows, targets = embeddings(12), torch.arange(3).repeat(4)
    theirs = NPairsLoss(distance=DotProductSimilarity(normalize_embeddings=False))
    theirs(rows, targets)
    assert theirs.num_pairs == 3
    (gradient,) = torch.autograd.grad(npair(rows, targets).value, rows)
    assert (gradient.norm(dim=1) > 0).all()


def test_ntxent_is_the_third_party_loss() -> None:
    rows, instances = embeddings(16), torch.arange(8).repeat(2)
    ours = NtXent(temperature=0.1).contrast(rows, instances).value
    theirs = NTXentLoss(temperature=0.1)(rows, instances)
    torch.testing.assert_close(
        value_and_gradient(ours, rows), value_and_gradient(theirs, rows), **CLOSE
    )


@pytest.mark.parametrize("temperature", [0.5, 0.05, 0.01])
def test_a_well_placed_anchor_counts_in_the_mean(temperature: float) -> None:
    """One pair of sixteen points apart, the others are where they should be."""
    rows = torch.eye(16).repeat(2, 1)
    rows[16] = -rows[0]
    rows.requires_grad_()
    losses = []
    for anchor in range(32):
        others = [row for row in range(32) if row != anchor]
        logits = rows[others] @ rows[anchor] / temperature
        losses.append(logits.logsumexp(dim=0) - rows[anchor] @ rows[anchor - 16] / temperature)
    loss = NtXent(temperature=temperature)
    ours = loss.contrast(rows, torch.arange(16).repeat(2)).value
    torch.testing.assert_close(ours, torch.stack(losses).mean(), **CLOSE)


def test_npair_tfa_is_a_softmax_against_shared_targets() -> None:
    """KL divergence and the targets' entropy: another way to the same number."""
    targets = torch.tensor(TARGETS["mixed"])
    rows = embeddings(len(targets))
    shares = functional.one_hot(targets).float() @ functional.one_hot(targets).float().T
    shares = shares / shares.sum(dim=1, keepdim=True)
    logits = functional.cosine_similarity(rows[:, None], rows[None], dim=2) / 0.2
    divergence = functional.kl_div(logits.log_softmax(dim=1), shares, reduction="batchmean")
    entropy = torch.special.entr(shares).sum(dim=1).mean()
    torch.testing.assert_close(
        value_and_gradient(NPairTfa(temperature=0.2).contrast(rows, targets).value, rows),
        value_and_gradient(divergence + entropy, rows),
        **CLOSE,
    )


def test_the_triplet_loss_is_torchs_over_the_same_triplets() -> None:
    targets = [0, 0, 1, 1]
    rows = embeddings(4)
    units = functional.normalize(rows)
    triplets = [
        (0, 1, 2),
        (0, 1, 3),
        (1, 0, 2),
        (1, 0, 3),
        (2, 3, 0),
        (2, 3, 1),
        (3, 2, 0),
        (3, 2, 1),
    ]
    a, p, n = (list(column) for column in zip(*triplets, strict=True))
    theirs = functional.triplet_margin_loss(units[a], units[p], units[n], margin=0.3, eps=0)
    torch.testing.assert_close(
        value_and_gradient(
            Triplet(margin=0.3, mining="all").contrast(rows, torch.tensor(targets)).value, rows
        ),
        value_and_gradient(theirs, rows),
        **CLOSE,
    )


def seen(targets: list[int]) -> Views:
    logits = torch.randn(len(targets), 3, generator=torch.Generator().manual_seed(1))
    return Views(
        embeddings(len(targets)),
        torch.arange(len(targets) // 2).repeat(2),
        torch.tensor(targets),
        logits.requires_grad_(),
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_cross_entropy_is_that_of_a_naive_loop(smoothing: float) -> None:
    views = seen([0, 1, 2, 0, 1, 2])
    assert views.logits is not None
    total = torch.zeros(())
    for row, label in zip(views.logits, [0, 1, 2, 0, 1, 2], strict=True):
        shares = row.exp() / row.exp().sum()
        for place in range(3):
            total = (
                total - ((1 - smoothing) * (place == label) + smoothing / 3) * shares[place].log()
            )
    torch.testing.assert_close(
        value_and_gradient(CrossEntropy(label_smoothing=smoothing)(views).value, views.logits),
        value_and_gradient(total / 6, views.logits),
        **CLOSE,
    )


def test_combined_is_the_weighted_sum_of_any_two() -> None:
    views = seen([0, 1, 2, 0, 1, 2])
    losses = [loss for loss, _ in NAIVE.values()] + [CrossEntropy()]
    for first in losses:
        for second in losses:
            both = Combined(first=first, second=second, weight=0.3)
            alone = 0.3 * first(views).value + 0.7 * second(views).value
            torch.testing.assert_close(
                value_and_gradient(both(views).value, views.projections)
                if not (first.uses_logits and second.uses_logits)
                else both(views).value,
                value_and_gradient(alone, views.projections)
                if not (first.uses_logits and second.uses_logits)
                else alone,
                **CLOSE,
            )


@pytest.mark.parametrize(
    ("schedule", "at"),
    [
        ("linear", [1.0, 0.75, 0.5, 0.25, 0.0]),
        ("cosine", [1.0, 0.5 + math.sqrt(0.5) / 2, 0.5, 0.5 - math.sqrt(0.5) / 2, 0.0]),
    ],
)
def test_the_weight_of_combined_follows_its_schedule(schedule: str, at: list[float]) -> None:
    loss = Combined(
        first=NPair(), second=CrossEntropy(), weight=1.0, weight_end=0.0, schedule=schedule
    )
    assert [loss.weight_at(done / 4) for done in range(5)] == pytest.approx(at)
    fixed = Combined(first=NPair(), second=CrossEntropy(), weight=0.25)
    assert {fixed.weight_at(done / 4) for done in range(5)} == {0.25}
