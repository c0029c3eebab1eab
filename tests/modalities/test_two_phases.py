"""Both phases on little data: what changes in each, and what must not."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from lfx.configuration.typed import plain
from lfx.losses.loss import LossTerm
from lfx.losses.softmax import NtXent
from lfx.modalities.build import build_classifier, build_plan, prepare_phases
from lfx.modalities.checkpoints import load_classifier, read_checkpoint
from lfx.modalities.contrastive import (
    ContrastiveClassifier,
    ProjectionShape,
    build_projection,
    check_contrast,
)
from lfx.modalities.phase_1 import adopt_phase_1, load_encoder, read_phase_1
from lfx.modalities.prediction import predict
from lfx.modalities.two_phases import fit_two_phases
from lfx.runtime.errors import CheckpointError, ConfigError, TrainingError
from lfx.runtime.seeding import seed_all

pytestmark = pytest.mark.slow

KINDS = ("image_contrastive", "text_contrastive")
OFF = [f"modality.augmentation.{key}=0" for key in ("flip", "rotation", "translation", "zoom")]


def build(config, table):
    seed_all(config.seed)
    model = build_classifier(config, table)
    assert isinstance(model, ContrastiveClassifier)
    model.provenance = {
        "name": "mine",
        "seed": config.seed,
        "settings": {"encoder": {}, "data": {"name": "demo"}},
        "config_hash": "c",
        "data_fingerprint": table.data_fingerprint(),
        "split_fingerprint": table.split_fingerprint(),
        "splits": dict(zip(table.ids, table.splits, strict=True)),
    }
    return model


def train(configured, table, surroundings, *overrides, watch=None):
    config = configured(*overrides)
    model = build(config, table)
    if watch is not None:
        watch(model)
    outcome = fit_two_phases(model, build_plan(config, table), surroundings(config))
    return model, outcome


def copied(module: nn.Module) -> dict[str, torch.Tensor]:
    return {key: value.clone() for key, value in module.state_dict().items()}


def same(one, other) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("n_views", ["1", "2", "null"])
@pytest.mark.parametrize("kind", KINDS)
def test_phase_2_changes_nothing_in_the_encoder(configured, table, surroundings, kind, n_views):
    """No weight and no batch-norm statistic, whether it runs in every epoch or not at all."""
    seen = []

    def watch(model):
        begin = model.begin_classification

        def begin_and_look():
            begin()
            seen.append(copied(model.encoder))

        model.begin_classification = begin_and_look

    start = copied(build(configured(f"modality={kind}"), table).encoder)
    model, outcome = train(
        configured,
        table,
        surroundings,
        f"modality={kind}",
        f"modality.phase_2.n_views={n_views}",
        "modality.phase_2.max_epochs=3",
        watch=watch,
    )
    assert len(seen) == 1
    assert not same(start, seen[0])  # phase 1 did change it
    assert same(seen[0], copied(model.encoder))
    best = read_checkpoint(outcome.best).weights
    encoder = {k.removeprefix("encoder."): v for k, v in best.items() if k.startswith("encoder.")}
    assert same(seen[0], encoder)
    if kind == "image_contrastive":
        assert any("running_mean" in key for key in encoder)
    assert not any(key.startswith("projection") for key in best)


def test_in_phase_2_the_encoder_is_in_evaluation_mode(configured, table):
    model = build(configured("modality=image_contrastive", "modality.phase_2.dropout=0.5"), table)
    assert model.train().encoder.training
    assert model.phase == 1
    model.begin_classification()
    model.train()
    assert model.phase == 2
    assert model.projection is None
    assert not any(part.training for part in model.encoder.modules())
    assert not any(one.requires_grad for one in model.encoder.parameters())
    assert model.dropout.training
    assert model.head.training


@pytest.mark.parametrize("kind", KINDS)
def test_labels_never_reach_ntxent(configured, table, surroundings, kind, tmp_path):
    """With other labels, phase 1 gives the same bits; with a supervised loss it does not."""
    shuffled = list(table.labels)
    np.random.default_rng(0).shuffle(shuffled)
    other = replace(table, labels=tuple(shuffled))

    def encoder(loss, labelled):
        config = configured(f"modality={kind}", f"loss={loss}", "phase=1")
        model = build(config, labelled)
        plan = replace(build_plan(config, labelled), diagnostics=False)
        around = replace(surroundings(config), table=labelled, run=tmp_path / loss)
        fit_two_phases(model, plan, around)
        return copied(model.encoder)

    assert same(encoder("ntxent", table), encoder("ntxent", other))
    assert not same(encoder("supcon", table), encoder("supcon", other))


def test_ntxent_is_shown_no_labels(configured, table, surroundings, monkeypatch):
    shown = []
    contrast = NtXent.__call__

    def spy(self, seen, progress=0.0):
        shown.append((seen.labels, seen.logits))
        counts = torch.bincount(seen.instances)
        assert set(counts[counts > 0].tolist()) == {2}
        return contrast(self, seen, progress)

    monkeypatch.setattr(NtXent, "__call__", spy)
    train(configured, table, surroundings, "modality=image_contrastive", "loss=ntxent", "phase=1")
    assert len(shown) > 4
    assert set(shown) == {(None, None)}


def test_cached_embeddings_give_what_running_the_encoder_gives(configured, table, surroundings):
    logits = []
    for n_views in ("1", "null"):
        config = configured(
            "modality=image_contrastive",
            "modality.phase_2.max_epochs=10",
            f"modality.phase_2.n_views={n_views}",
            *OFF,
        )
        model = build(config, table)
        around = surroundings(config)
        outcome = fit_two_phases(model, build_plan(config, table), around)
        best, _ = load_classifier(outcome.best)
        rows = table.rows("test")
        logits.append(
            predict(best, table, rows, around.compute, run=around.run, cache_dir=around.cache_dir)
        )
    np.testing.assert_allclose(logits[0], logits[1], rtol=1e-5, atol=1e-5)


def test_views_of_phase_2_are_encoded_once_each(configured, table, surroundings):
    calls = []

    def watch(model):
        model.encoder.register_forward_pre_hook(
            lambda _module, inputs: calls.append(len(inputs[0]["image"]))
        )

    train(
        configured,
        table,
        surroundings,
        "modality=image_contrastive",
        "modality.phase_2.n_views=3",
        "modality.phase_2.max_epochs=20",
        "modality.diagnostics.enabled=false",
        "trainer.max_epochs=1",
        watch=watch,
    )
    samples = {split: len(table.rows(split)) for split in ("train", "val")}
    batches = len(range(0, samples["train"], 30)) + len(range(0, samples["val"], 30))
    assert sum(calls[batches:]) == 3 * samples["train"] + samples["val"]


def test_two_commands_give_what_one_gives(configured, table, surroundings):
    kind = "modality=image_contrastive"
    both, outcome = train(configured, table, surroundings, kind)
    file = outcome.best.parent / "phase_1/best.ckpt"
    config = configured(kind, "phase=2", f"phase_1_ckpt='{file}'")
    model = build(config, table)
    load_encoder(model, file)
    again = fit_two_phases(model, build_plan(config, table), surroundings(config))
    assert set(again.moments) == {"phase_2/before", "phase_2/after"}
    assert same(copied(both), copied(model))


def test_the_moments_are_those_of_both_phases(configured, table, surroundings):
    model, outcome = train(configured, table, surroundings, "modality=text_contrastive")
    names = ["phase_1/before", "phase_1/after", "phase_2/before", "phase_2/after"]
    assert sorted(outcome.moments) == sorted(names)
    before, after = (outcome.moments[f"phase_1/{when}"] for when in ("before", "after"))
    assert before.train.shape == (len(table.rows("train")), model.encoder.features)
    assert before.val.shape == (len(table.rows("val")), model.encoder.features)
    assert not np.allclose(before.val, after.val)
    assert outcome.moments["phase_2/after"].val.shape == (len(table.rows("val")), 3)


def test_a_phase_1_checkpoint_predicts_nothing_and_says_what_to_do(configured, table, surroundings):
    _, outcome = train(configured, table, surroundings, "modality=image_contrastive", "phase=1")
    assert outcome.best is None
    file = surroundings(configured()).run / "checkpoints/phase_1/best.ckpt"
    with pytest.raises(CheckpointError, match=r"is of phase 1 .* phase=2 phase_1_ckpt="):
        load_classifier(file)


def test_phase_2_refuses_what_is_not_its_phase_1(configured, table, surroundings, tmp_path):
    kind = "modality=image_contrastive"
    _model, outcome = train(configured, table, surroundings, kind)
    first = outcome.best.parent / "phase_1/best.ckpt"
    path = "lfx.modalities.image.ImageContrastive"
    with pytest.raises(CheckpointError, match=r"(?s)another encoder.*encoder.image_size: None"):
        read_phase_1(first, path, {"image_size": 64})
    with pytest.raises(CheckpointError, match=r"(?s)another encoder.*modality: .*ImageContr"):
        read_phase_1(first, "lfx.modalities.text.TextContrastive", {})
    with pytest.raises(CheckpointError, match="is no checkpoint of phase 1"):
        read_phase_1(outcome.best, path, {})
    config = configured(kind, "phase=2", "phase_1_ckpt=nowhere.ckpt")
    with pytest.raises(CheckpointError, match=r"^phase_1_ckpt=nowhere.ckpt: .*phase_1/$"):
        prepare_phases(config, tmp_path, resumed=False)
    found = read_phase_1(first, path, {})
    adopt_phase_1(found, table, "demo", tmp_path / "new")
    assert (tmp_path / "new/checkpoints/phase_1/best.ckpt").read_bytes() == first.read_bytes()
    for swapped in ({"train": "val", "val": "train"}, {"val": "test", "test": "val"}):
        leaky = replace(table, splits=tuple(swapped.get(str(one), one) for one in table.splits))
        # Whether or not anything else about the data has changed.
        other = replace(leaky, texts=("changed", *leaky.texts[1:]))
        for own in (leaky, other):
            with pytest.raises(CheckpointError, match=r"on \d+ samples that this run validates"):
                adopt_phase_1(found, own, "demo", tmp_path / "leaky")
    adopt_phase_1(found, leaky, "another", tmp_path / "transferred")


def test_a_resumed_phase_2_needs_its_phase_1_run_no_more(configured, table, surroundings, tmp_path):
    kind = "modality=image_contrastive"
    _, outcome = train(configured, table, surroundings, kind, "phase=1")
    assert outcome.best is None
    config = configured(kind, "phase=2", "phase_1_ckpt=gone.ckpt", "ckpt=last")
    content = torch.load(tmp_path / "checkpoints/phase_1/best.ckpt", weights_only=True)
    content["lfx"]["provenance"]["settings"]["encoder"] = plain(config.encoder)
    torch.save(content, tmp_path / "checkpoints/phase_1/best.ckpt")
    found = prepare_phases(config, tmp_path, resumed=True)
    assert found is not None
    adopt_phase_1(found, table, "demo", tmp_path)
    assert found.file == tmp_path / "checkpoints/phase_1/best.ckpt"
    # One that begins anew in the same folder takes what it was given.
    with pytest.raises(CheckpointError, match=r"^phase_1_ckpt=gone.ckpt: there is no such file"):
        prepare_phases(config, tmp_path, resumed=False)


def test_a_fresh_start_forgets_an_older_phase_2(configured, table, surroundings, tmp_path):
    train(configured, table, surroundings, "modality=image_contrastive")
    assert (tmp_path / "checkpoints/last.ckpt").is_file()
    train(configured, table, surroundings, "modality=image_contrastive", "phase=1")
    assert not (tmp_path / "checkpoints/last.ckpt").exists()
    assert not (tmp_path / "checkpoints/best.ckpt").exists()


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            "modality.phase_1.batch_size=3",
            r"at least 4 .* got 3: .* two classes",
        ),
        ("modality.phase_1.samples_per_class=1", r"at least 2 with 1 view, got 1: .* a positive"),
        ("modality.phase_1.batch_size=1 loss=ntxent", r"must be at least 2 .* two samples"),
        ("modality.phase_1.views=1 loss=ntxent", "views must be at least 2 for this loss, got 1"),
        ("modality.phase_1.samples_per_class=4 loss=ntxent", "is not read with this loss"),
        ("loss._target_=lfx.data.demo.DemoSource", r"loss._target_=.* cannot be built"),
        ("loss._target_=builtins.dict", r"loss._target_=builtins.dict is no lfx.losses.loss.Loss"),
    ],
)
def test_what_leaves_nothing_to_contrast_stops_before_any_work(
    configured, tmp_path, overrides, message
):
    config = configured("modality=image_contrastive", *overrides.split())
    with pytest.raises(ConfigError, match=message):
        prepare_phases(config, tmp_path, resumed=False)


def test_two_views_make_a_positive_of_each_sample():
    check_contrast(NtXent(temperature=0.1), 2, None, 2)
    with pytest.raises(ConfigError, match="batch_size must be at least 2"):
        check_contrast(NtXent(temperature=0.1), 1, None, 2)


def test_projections_have_the_shapes_of_paper_and_published_code():
    paper = build_projection(512, ProjectionShape())
    assert [type(part) for part in paper] == [nn.Linear]
    assert (paper[0].in_features, paper[0].out_features) == (512, 64)
    published = build_projection(512, ProjectionShape(width=128, relu=True))
    assert [type(part) for part in published] == [nn.Linear, nn.ReLU]
    deep = build_projection(8, ProjectionShape(hidden=(5, 4), width=3))
    widths = [part.out_features for part in deep if isinstance(part, nn.Linear)]
    assert widths == [5, 4, 3]
    assert not isinstance(deep[-1], nn.ReLU)


def test_the_published_classifier_has_a_hidden_layer_and_l2(configured, table):
    overrides = ["modality=image_contrastive", "modality.phase_2.hidden=256"]
    model = build(configured(*overrides, "modality.phase_2.l2=0.01"), table)
    model.begin_classification()
    assert [type(part) for part in model.head] == [nn.Linear, nn.ReLU, nn.Linear]
    model.eval()
    model.log = lambda *_, **__: None
    model.dropout.p = 0.0
    batch = {
        "embedding": torch.randn(4, model.encoder.features),
        "label": torch.tensor([0, 1, 2, 2]),
    }
    with_l2 = model.training_step(batch, 0)
    squares = model.head[0].weight.square().sum()
    model.l2 = 0.0
    torch.testing.assert_close(with_l2, model.training_step(batch, 0) + 0.01 * squares)


def test_idle_anchors_are_counted_in_the_log(configured, table, surroundings, caplog):
    caplog.set_level(logging.INFO)
    train(
        configured,
        table,
        surroundings,
        "modality=text_contrastive",
        "modality.phase_1.balanced=false",
        "modality.phase_1.batch_size=4",
        "phase=1",
    )
    told = [text for text in caplog.messages if "idle in train" in text]
    assert len(told) == 2
    assert 0 < int(told[0].split("idle in train ")[1].split()[0].rstrip(",")) <= 120


def test_phase_1_stays_finite_without_any_pair(configured, table):
    config = configured("modality=image_contrastive", "phase=1")
    model = build(config, table)
    images = torch.zeros(4, 3, 32, 32, dtype=torch.uint8)
    batch = {
        "image": images,
        "position": torch.arange(4),
        "label": torch.zeros(4, dtype=torch.long),
    }
    term = model.contrast_term(batch, 0.0)
    assert isinstance(term, LossTerm)
    assert (term.value.item(), term.idle.item()) == (0.0, 4)
    term.value.backward()


def test_a_loss_that_is_no_number_is_told(configured, table, surroundings):
    def spoil(model):
        model.projection[0].weight.data.fill_(float("nan"))

    with pytest.raises(TrainingError, match="phase 1, the validation loss was no finite number"):
        train(configured, table, surroundings, "modality=image_contrastive", watch=spoil)


@pytest.mark.parametrize(
    "loss", ["npair", "npair_tfa", "supcon", "ntxent", "triplet", "cross_entropy", "combined"]
)
def test_every_loss_trains(configured, table, surroundings, loss):
    overrides = ["modality=text_contrastive", f"loss={loss}", "phase=1", "trainer.max_epochs=1"]
    config = configured(*overrides)
    before = copied(build(config, table).encoder)
    model, _ = train(configured, table, surroundings, *overrides)
    after = copied(model.encoder)
    assert not same(before, after)
    assert all(torch.isfinite(value).all() for value in after.values())
