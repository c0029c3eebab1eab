from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional

from lfx.modalities.trainable import choose_trainable
from lfx.models.classifier import Optimization
from lfx.models.heads import LinearHead, MlpHead
from lfx.models.optimization import AdamW, Schedule


def optimized(**options):
    return Optimization(AdamW(), Schedule(), **options)


def silent(model):
    """Put a model outside of a trainer, where there is nothing to log to."""
    model.log = lambda *_, **__: None
    return model.eval()


def test_the_loss_is_the_smoothed_and_weighted_cross_entropy(make_classifier, image_batch):
    how = optimized(label_smoothing=0.2, class_weights=[3.0, 1.0, 0.5])
    classifier = silent(make_classifier(LinearHead(dropout=0.0), optimization=how))
    loss = classifier.training_step(image_batch, 0)
    logits, labels = classifier(image_batch).detach().double(), image_batch["label"]
    weights = torch.tensor([3.0, 1.0, 0.5]).double()
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        logs = torch.log_softmax(row, dim=0)
        for position in range(3):
            target = 0.8 * (position == label) + 0.2 / 3
            total -= float(target * weights[position] * logs[position])
    assert float(loss.detach()) == pytest.approx(total / float(weights[labels].sum()), rel=1e-5)


def test_pretrained_modes_do_not_survive_training_mode(make_classifier):
    classifier = make_classifier()
    classifier.eval()
    classifier.train()
    assert classifier.dropout.training
    assert all(part.training for part in classifier.encoder.backbone.modules())


def test_frozen_batch_norm_keeps_its_statistics_in_training(make_classifier, image_batch):
    classifier = make_classifier()
    choose_trainable(classifier.encoder, "nothing", 1)
    classifier.train()
    before = {key: value.clone() for key, value in classifier.encoder.state_dict().items()}
    loss = functional.cross_entropy(classifier(image_batch), image_batch["label"])
    loss.backward()
    assert all(
        torch.equal(before[key], value) for key, value in classifier.encoder.state_dict().items()
    )
    assert classifier.head.weight.grad is not None
    assert classifier.dropout.training


def test_logits_are_full_precision_under_autocast(make_classifier, image_batch):
    classifier = make_classifier().eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = classifier(image_batch)
    assert logits.dtype == torch.float32
    rounded = logits.to(torch.bfloat16).float()
    assert not torch.equal(logits, rounded)


@pytest.mark.parametrize("kind", [LinearHead, MlpHead])
def test_the_heads_first_weights_are_penalised(make_classifier, image_batch, kind):
    model = silent(make_classifier(kind(dropout=0.0, l2=0.01)))
    penalised = model.training_step(image_batch, 0)
    model.l2 = 0.0
    first = model.head if kind is LinearHead else model.head[0]
    squares = first.weight.square().sum()
    torch.testing.assert_close(penalised, model.training_step(image_batch, 0) + 0.01 * squares)


def test_validation_is_of_the_whole_split_without_smoothing(make_classifier, image_batch):
    how = optimized(label_smoothing=0.2, class_weights=[3.0, 1.0, 0.5])
    model = make_classifier(optimization=how).eval()
    logged = {}
    model.log = lambda name, value, **_: logged.update({name: float(value)})
    with torch.no_grad():
        for part in (slice(0, 3), slice(3, 4)):
            model.validation_step({key: value[part] for key, value in image_batch.items()}, 0)
        model.on_validation_epoch_end()
        logits, labels = model(image_batch), image_batch["label"]
    assert logged["val/loss"] == pytest.approx(float(functional.cross_entropy(logits, labels)))
    assert logged["val/accuracy"] == float((logits.argmax(dim=1) == labels).float().mean())


def test_dropout_is_tied_to_seed_and_step(make_classifier, image_batch):
    model = make_classifier(seed=1).train()

    def drawn():
        model.on_train_batch_start(image_batch, 0)
        return torch.rand(3)

    first = drawn()
    torch.manual_seed(99)
    assert torch.equal(drawn(), first)
    model.seed = 2
    assert not torch.equal(drawn(), first)
    model.seed = 1
    model.trainer = SimpleNamespace(global_step=1)
    assert not torch.equal(drawn(), first)


def test_a_restored_model_only_predicts(make_classifier, image_batch):
    model = make_classifier()
    model.optimization = None
    positions, logits = model.eval().predict_step(image_batch, 0)
    assert positions.tolist() == [0, 1, 2, 3]
    assert logits.shape == (4, 3)
    with pytest.raises(RuntimeError, match="this classifier only predicts"):
        model.configure_optimizers()


def test_gradients_are_clipped_by_their_norm(make_classifier, image_batch):
    model = silent(make_classifier())
    (100 * model.training_step(image_batch, 0)).backward()
    gradients = [one.grad for one in model.parameters() if one.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    assert norm > 1
    optimizer = torch.optim.SGD(model.parameters())
    model.configure_gradient_clipping(optimizer, None)
    assert nn.utils.get_total_norm(gradients) == norm
    model.configure_gradient_clipping(optimizer, 1.0)
    assert float(nn.utils.get_total_norm(gradients)) == pytest.approx(1, rel=1e-3)
