"""Several heads that are trained together: their losses, and what dropout leaves alone."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from lfx.modalities.encoder import Encoder
from lfx.modalities.joint.hybrid import HybridHead
from lfx.models.classifier import Classifier, Optimization
from lfx.models.heads import FeatureDropout, LinearHead, MlpHead, SeveralHeads
from lfx.models.optimization import AdamW, Schedule

SEEN = torch.tensor([[1, 1], [1, 0], [0, 1], [1, 1], [0, 1]])


class Given(Encoder):
    """Gives what the batch has as features: those of a joint head, of two parts, and two flags."""

    flags = 2
    features = 3 + 2 + 4 + 2

    def __init__(self):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(1))

    def forward(self, batch):
        return batch["vector"] + self.shift * 0

    def description(self):
        return {}

    def blocks(self):
        return [[self.shift]]

    def build_head(self, build):
        return HybridHead({name: build(width) for name, width in HEADS.items()}, HEADS.values())


HEADS = {"joint": 3, "image": 2, "text": 4}


@pytest.fixture
def classify():
    def build(head, **how):
        torch.manual_seed(0)
        optimization = Optimization(AdamW(), Schedule(), **how)
        model = Classifier(Given(), head, classes=("bad", "so", "good"), optimization=optimization)
        model.log = lambda *_, **__: None
        return model

    return build


@pytest.fixture
def vectors():
    generator = torch.Generator().manual_seed(0)
    vector = torch.cat([torch.randn(5, 9, generator=generator), SEEN], dim=1)
    return {"vector": vector, "label": torch.tensor([0, 2, 1, 2, 0])}


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weights", [None, [1.0, 3.0, 0.5]])
def test_the_loss_is_the_mean_over_all_that_heads_can_say(classify, vectors, smoothing, weights):
    model = classify(LinearHead(dropout=0.0), label_smoothing=smoothing, class_weights=weights)
    loss = model.training_step(vectors, 0)
    losses, total = [], 0.0
    places = {"joint": (0, 3), "image": (3, 5), "text": (5, 9)}
    for row, label in enumerate(vectors["label"].tolist()):
        for name, (start, end) in places.items():
            has = {"joint": 1, "image": SEEN[row, 0], "text": SEEN[row, 1]}[name]
            if not has:
                continue
            said = model.head.heads[name](vectors["vector"][row, start:end]).log_softmax(0)
            each = weights or [1.0] * 3
            losses.append(-(1 - smoothing) * each[label] * said[label])
            losses.append(-smoothing / 3 * sum(each[at] * said[at] for at in range(3)))
            total += each[label]
    assert len(losses) == 2 * (5 + 3 + 4)
    assert loss.item() == pytest.approx((sum(losses) / total).item(), rel=1e-5)


def test_validation_and_predictions_are_of_the_mean_of_the_probabilities(classify, vectors):
    model = classify(LinearHead(dropout=0.5)).eval()
    logits = model(vectors)
    heads, present = model.head.part_logits(vectors["vector"])
    assert present.sum(dim=0).tolist() == [3, 2, 2, 3, 2]
    for row in range(5):
        mean = heads[present[:, row], row].softmax(-1).mean(0)
        assert torch.allclose(logits[row].exp(), mean, atol=1e-6)
    assert isinstance(model.head, SeveralHeads)
    assert not isinstance(nn.Linear(2, 2), SeveralHeads)


def test_l2_is_of_each_heads_first_layer(classify, vectors):
    for head in (LinearHead(dropout=0.0, l2=0.7), MlpHead(dropout=0.0, l2=0.7, hidden=3)):
        model = classify(head)
        heads = model.head.heads.values()
        first = [one if isinstance(one, nn.Linear) else one[0] for one in heads]
        squares = sum(layer.weight.square().sum() for layer in first)
        plain = classify(type(head)(**{**vars(head), "l2": 0.0}))
        added = model.training_step(vectors, 0) - plain.training_step(vectors, 0)
        assert added.item() == pytest.approx(0.7 * squares.item(), rel=1e-4)


def test_dropout_leaves_flags_alone():
    torch.manual_seed(0)
    features = torch.ones(2_000, 5)
    dropped = FeatureDropout(0.5, flags=2)(features)
    assert torch.equal(dropped[:, 3:], features[:, 3:])
    assert set(dropped[:, :3].unique().tolist()) == {0.0, 2.0}
    torch.manual_seed(0)
    ours = FeatureDropout(0.5)(features)
    torch.manual_seed(0)
    assert torch.equal(ours, nn.Dropout(0.5)(features))
    assert math.isclose(FeatureDropout(0.3, flags=1).p, 0.3)
