"""What a loss gives where a batch has no positive or no negative pair, and what it may see."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from lfx.losses.combined import Combined
from lfx.losses.cross_entropy import CrossEntropy
from lfx.losses.loss import ContrastiveLoss, Views
from lfx.losses.npair import NPair, NPairTfa
from lfx.losses.softmax import NtXent, SupCon
from lfx.losses.triplet import Triplet
from lfx.runtime.errors import ConfigError

LOSSES = {
    "npair": NPair(),
    "npair_symmetric": NPair(symmetric=True),
    "npair_tfa": NPairTfa(temperature=0.1),
    "supcon": SupCon(temperature=0.1),
    "ntxent": NtXent(temperature=0.1),
    "triplet_hard": Triplet(margin=0.2, mining="hard"),
    "triplet_all": Triplet(margin=0.2, mining="all"),
}


def embeddings(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, 5, generator=generator).requires_grad_()


@pytest.mark.parametrize("targets", [[0, 1, 2, 3], [7, 7, 7, 7], [1]], ids=str)
@pytest.mark.parametrize("name", LOSSES)
def test_every_row_is_unpaired_and_nothing_is_nan(name: str, targets: list[int]) -> None:
    rows = embeddings(len(targets))
    term = LOSSES[name].contrast(rows, torch.tensor(targets))
    assert term.unpaired.item() == len(targets)
    (gradient,) = torch.autograd.grad(term.value, rows)
    assert gradient.isfinite().all()
    if name != "npair_tfa":
        assert term.value.item() == 0
        assert not gradient.any()


def test_npair_tfa_counts_the_anchor_among_its_positives() -> None:
    alone = NPairTfa(temperature=0.5).contrast(torch.eye(3), torch.arange(3))
    assert alone.value.item() == pytest.approx(math.log(1 + 2 * math.exp(-2)))
    mates = NPairTfa(temperature=0.5).contrast(torch.ones(3, 2), torch.zeros(3))
    assert mates.value.item() == pytest.approx(math.log(3))


@pytest.mark.parametrize("name", LOSSES)
def test_the_rows_without_a_mate_are_counted(name: str) -> None:
    targets = torch.tensor([0, 0, 1, 1, 2, 3])
    assert int(LOSSES[name].contrast(embeddings(6), targets).unpaired) == 2


@settings(deadline=None, max_examples=60)
@given(targets=st.lists(st.integers(0, 4), min_size=1, max_size=14), scale=st.floats(0.01, 50))
def test_values_are_finite_and_never_below_zero(targets: list[int], scale: float) -> None:
    rows = embeddings(len(targets))
    for loss in LOSSES.values():
        term = loss.contrast(rows * scale, torch.tensor(targets))
        (gradient,) = torch.autograd.grad(term.value, rows)
        assert term.value.isfinite()
        assert term.value >= 0
        assert gradient.isfinite().all()
        assert 0 <= term.unpaired.item() <= len(targets)


@settings(deadline=None, max_examples=30)
@given(order=st.permutations(range(9)))
def test_only_the_plain_npair_loss_minds_the_order(order: list[int]) -> None:
    rows, targets = embeddings(9), torch.arange(3).repeat(3)
    for name, loss in LOSSES.items():
        if name != "npair":
            torch.testing.assert_close(
                loss.contrast(rows[order], targets[order]).value,
                loss.contrast(rows, targets).value,
                rtol=1e-4,
                atol=1e-5,
            )


def test_a_loss_without_labels_is_shown_none_even_beside_one_that_has_them() -> None:
    shown = []

    class Spy(NtXent):
        def __call__(self, seen: Views, progress: float = 0.0):
            shown.append((seen.labels, seen.logits))
            return super().__call__(seen, progress)

    views = Views(
        embeddings(4), torch.tensor([0, 1, 0, 1]), torch.tensor([0, 1, 0, 1]), torch.randn(4, 2)
    )
    Combined(first=Spy(temperature=0.1), second=CrossEntropy(), weight=0.5)(views)
    assert shown == [(None, None)]
    # Its positives are the views of a sample, whatever the labels.
    ours = NtXent(temperature=0.1)(Views(views.projections, views.instances, torch.zeros(4)))
    assert ours.value.item() > 0


@pytest.mark.parametrize("loss", [SupCon(temperature=0.1), CrossEntropy()])
def test_a_loss_with_labels_needs_them(loss: ContrastiveLoss) -> None:
    with pytest.raises(ValueError, match=r"needs (logits and )?labels, got none"):
        loss(Views(embeddings(4), torch.arange(4)))


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ConfigError, match=r"^weight must be .* at most 1, got 1\.5"):
        Combined(first=NPair(), second=CrossEntropy(), weight=1.5)
    with pytest.raises(ConfigError, match=r"weight_end must be at least 0 .* got -1"):
        Combined(first=NPair(), second=CrossEntropy(), weight=1, weight_end=-1)
    with pytest.raises(ConfigError, match="schedule: allowed are linear, cosine; got 'steps'"):
        Combined(first=NPair(), second=CrossEntropy(), weight=1, schedule="steps")
    with pytest.raises(ConfigError, match="mining: allowed are hard, semihard, all; got 'easy'"):
        Triplet(margin=0.2, mining="easy")
    with pytest.raises(ConfigError, match=r"loss.second is itself combined; two losses"):
        Combined(first=NPair(), second=Combined(first=NPair(), second=CrossEntropy()))
