"""A classifier in two phases, outside of a trainer: its parts and what each phase reads."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from lfx.losses.cross_entropy import CrossEntropy
from lfx.losses.loss import LossTerm
from lfx.losses.npair import NPair
from lfx.losses.softmax import NtXent, SupCon
from lfx.models.classifier import Optimization
from lfx.models.contrastive import Contrast, ContrastiveClassifier, Projection, check_contrast
from lfx.models.heads import LinearHead, MlpHead
from lfx.models.optimization import AdamW, Schedule
from lfx.runtime.errors import ConfigError


@pytest.fixture
def contrastive(make_classifier):
    """Build a small model in phase 1, or in phase 2 where it has no loss."""

    def build(loss=None, views=1, **options):
        contrast = None
        if loss is not None:
            contrast = Contrast(loss, views, Projection(width=4), Optimization(AdamW(), Schedule()))
        return make_classifier(kind=ContrastiveClassifier, contrast=contrast, **options)

    return build


def test_in_phase_2_the_encoder_is_in_evaluation_mode(contrastive):
    model = contrastive(SupCon())
    assert model.train().encoder.training
    assert model.contrasts
    model.begin_classification()
    assert not any(part.training for part in model.encoder.modules())
    model.train()
    assert not model.contrasts
    assert model.projection is None
    assert not any(part.training for part in model.encoder.modules())
    assert not any(one.requires_grad for one in model.encoder.parameters())
    assert model.dropout.training
    assert model.head.training


def test_the_second_head_depends_on_the_seed_alone(contrastive):
    model, other = contrastive(SupCon(), seed=3), contrastive(seed=3)
    torch.manual_seed(99)
    state = torch.get_rng_state()
    model.begin_classification()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(model.head.weight, other.head.weight)
    assert not torch.equal(model.head.weight, contrastive(seed=4).head.weight)


def test_phase_1_reads_logits_of_a_linear_head_whatever_phase_2_has(contrastive):
    model = contrastive(CrossEntropy(), head=MlpHead(hidden=5))
    assert isinstance(model.head, nn.Linear)
    model.begin_classification()
    assert [type(part) for part in model.head] == [nn.Linear, nn.ReLU, nn.Linear]


def test_phase_1_stays_finite_without_any_pair(contrastive, image_batch):
    model = contrastive(NPair())
    term = model.contrast_term(image_batch | {"label": torch.zeros(4, dtype=torch.long)}, 0.0)
    assert isinstance(term, LossTerm)
    assert (term.value.item(), term.unpaired.item()) == (0.0, 4)
    term.value.backward()


def test_the_loss_is_full_precision_under_autocast(contrastive, image_batch):
    model = contrastive(SupCon()).eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert model.contrast_term(image_batch, 0.0).value.dtype == torch.float32


def test_phase_2_has_nothing_to_contrast(contrastive, image_batch):
    with pytest.raises(RuntimeError, match="phase 1 is over"):
        contrastive().contrast_term(image_batch, 0.0)


def test_embeddings_take_the_encoders_place(contrastive, image_batch):
    model = contrastive().eval()
    with torch.no_grad():
        embeddings = model.encoder(image_batch)
        assert torch.equal(model({"embedding": embeddings}), model(image_batch))


def test_the_published_classifier_has_a_hidden_layer_and_l2(contrastive):
    model = contrastive(head=MlpHead(hidden=256, l2=0.01, dropout=0.0)).eval()
    assert [type(part) for part in model.head] == [nn.Linear, nn.ReLU, nn.Linear]
    model.log = lambda *_, **__: None
    batch = {
        "embedding": torch.randn(4, model.encoder.features),
        "label": torch.tensor([0, 1, 2, 2]),
    }
    with_l2 = model.training_step(batch, 0)
    squares = model.head[0].weight.square().sum()
    model.l2 = 0.0
    torch.testing.assert_close(with_l2, model.training_step(batch, 0) + 0.01 * squares)


@pytest.mark.parametrize(("loss", "with_head"), [(SupCon(), False), (CrossEntropy(), True)])
def test_phase_1_trains_the_head_only_where_the_loss_reads_logits(contrastive, loss, with_head):
    model = contrastive(loss, head=LinearHead())
    model.trainer = type("Steps", (), {"estimated_stepping_batches": 10})()
    groups = model.configure_optimizers()["optimizer"].param_groups
    trained = {id(parameter) for group in groups for parameter in group["params"]}
    assert id(model.projection[0].weight) in trained
    assert (id(model.head.weight) in trained) is with_head


def test_projections_have_the_shapes_of_paper_and_published_code():
    paper = Projection().build(512)
    assert [type(part) for part in paper] == [nn.Linear]
    assert (paper[0].in_features, paper[0].out_features) == (512, 64)
    published = Projection(width=128, relu=True).build(512)
    assert [type(part) for part in published] == [nn.Linear, nn.ReLU]
    deep = Projection(hidden=(5, 4), width=3).build(8)
    widths = [part.out_features for part in deep if isinstance(part, nn.Linear)]
    assert widths == [5, 4, 3]
    assert not isinstance(deep[-1], nn.ReLU)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 0}, "width must be at least 1, got 0"),
        ({"hidden": (8, 0)}, r"hidden\[1\] must be at least 1, got 0"),
        ({"hidden": 8}, "hidden must be a list, got 8"),
    ],
)
def test_a_projection_that_cannot_be_built_is_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        Projection(**settings)


def test_two_views_make_a_positive_of_each_sample():
    assert check_contrast(NtXent(temperature=0.1), 2, None, 2) == []
    (problem,) = check_contrast(NtXent(temperature=0.1), 1, None, 2)
    assert "batch_size must be at least 2" in problem


@pytest.mark.parametrize(
    ("loss", "batch_size", "samples_per_class", "views", "message"),
    [
        (SupCon(), 3, None, 1, "batch_size must be at least 4 for this loss, got 3: a batch needs"),
        (SupCon(), 8, 1, 1, "samples_per_class must be at least 2 with 1 view, got 1"),
        (NtXent(), 8, None, 1, "views must be at least 2 for this loss, got 1"),
        (NtXent(), 8, 4, 2, "samples_per_class is not read with this loss: it uses no labels"),
    ],
)
def test_what_leaves_nothing_to_contrast_is_told(
    loss, batch_size, samples_per_class, views, message
):
    (problem,) = check_contrast(loss, batch_size, samples_per_class, views)
    assert problem.startswith("training.phase_1.")
    assert message in problem
