"""An encoder of several parts: who is encoded, who is trained, and what a checkpoint says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from lfx.modalities.encoder import Recipe
from lfx.modalities.image.timm_encoder import TimmEncoder
from lfx.modalities.joint.builder import JointEncoderBuilder
from lfx.modalities.joint.concat import Concat
from lfx.modalities.joint.encoder import JointEncoder
from lfx.modalities.joint.gated import Gated
from lfx.modalities.joint.hybrid import Hybrid
from lfx.modalities.text.ngrams import NgramsEncoder
from lfx.modalities.trainable import set_training_mode
from lfx.models.optimization import AdamW, parameter_groups
from lfx.runtime.errors import ConfigError, DataError, WeightsError
from lfx.runtime.imports import import_object

GATED = Gated(width=8)


def state_of(module):
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(one, other):
    return list(one) == list(other) and all(torch.equal(one[key], other[key]) for key in one)


def part_batch(batch, name):
    return {key.split("/")[1]: value for key, value in batch.items() if key.startswith(f"{name}/")}


def without(batch, name):
    """The batch when no sample has a part."""
    kept = {key: value for key, value in batch.items() if not key.startswith(name)}
    nobody = torch.zeros_like(batch[f"{name}:present"])
    return {**kept, f"{name}:present": nobody}


def test_each_part_is_encoded_where_it_is_and_lies_in_its_place(make_joint, joint_batch):
    encoder = make_joint(Concat()).eval()
    with torch.no_grad():
        result = encoder(joint_batch)
        start = 0
        for name in ("image", "text"):
            own, rows = (
                encoder.part(name)(part_batch(joint_batch, name)),
                joint_batch[f"{name}:rows"],
            )
            place = result[:, start : start + own.shape[1]]
            assert torch.equal(place[rows], own)
            missing = encoder.joining.missing[name]
            assert torch.equal(place[~joint_batch[f"{name}:present"]], missing[None])
            start += own.shape[1]
    assert result.shape == (5, encoder.features) == (5, start)


def test_a_batch_without_a_part(make_joint, joint_batch, fusion):
    encoder = make_joint(fusion).eval()
    batch = without(joint_batch, "image")
    batch["text:present"] = torch.ones(4, dtype=torch.bool)
    batch["text:rows"], batch["image:present"] = torch.arange(4), torch.zeros(4, dtype=torch.bool)
    with torch.no_grad():
        result = encoder(batch)
    assert result.shape == (4, encoder.features)
    assert torch.isfinite(result).all()


def test_no_random_number_is_drawn_for_one_part(make_joint, joint_batch):
    encoder = make_joint(Concat(), names=("image",), modality_dropout=0.9)
    set_training_mode(encoder)
    batch = part_batch(joint_batch, "image") | {}
    whole = {
        "image:present": torch.ones(4, dtype=torch.bool),
        "image:rows": torch.arange(4),
        "image/image": batch["image"],
    }
    state = torch.get_rng_state()
    joint = encoder(whole)
    assert torch.equal(torch.get_rng_state(), state)
    assert joint.requires_grad
    encoder.eval()
    assert torch.equal(encoder(whole), encoder.part("image")(batch))


def test_parts_are_dropped_in_training_alone(make_joint, joint_batch):
    encoder = make_joint(Concat(), modality_dropout=0.6)
    for parameter in encoder.joining.parameters():
        parameter.data += 1
    encoder.eval()
    assert torch.equal(encoder(joint_batch), encoder(joint_batch))
    set_training_mode(encoder)
    for part in encoder.parts.values():
        part.eval()  # so that nothing else is drawn
    torch.manual_seed(0)
    width = encoder.part("image").features
    vector = encoder.joining.missing["image"]
    lost = torch.stack(
        [(encoder(joint_batch)[:, :width] == vector).all(dim=1) for _ in range(300)]
    ).float()
    # Rows 0, 1 and 4 have both parts: 0.6 * 0.4, and half of the 0.36 in which chance takes both.
    assert lost[:, [0, 1, 4]].mean().item() == pytest.approx(0.42, abs=0.04)
    assert lost[:, 2].all()
    assert not lost[:, 3].any()


def test_a_single_row_leaves_batch_normalisation_as_it_is(make_joint, joint_batch):
    encoder = make_joint(Concat(), modality_dropout=0.0)
    set_training_mode(encoder)
    one = dict(joint_batch)
    one["image:present"] = torch.tensor([False, False, False, True, False])
    one["image:rows"], one["image/image"] = torch.tensor([3]), joint_batch["image/image"][:1]
    one["image/image"] = one["image/image"][:, :, :32, :32]  # one pixel is left in the last map
    before = state_of(encoder.part("image"))
    encoder(one).sum().backward()
    assert same(before, state_of(encoder.part("image")))
    assert all(part.training for part in encoder.part("image").modules())
    encoder(joint_batch)
    assert not same(before, state_of(encoder.part("image")))


def test_the_order_of_the_parts_is_nothing(make_joint, joint_batch, fusion):
    results = []
    for names in (("text", "image"), ("image", "text")):
        encoder = make_joint(fusion, names=names, modality_dropout=0.3)
        set_training_mode(encoder)
        torch.manual_seed(3)
        loss = encoder(joint_batch).square().mean()
        loss.backward()
        gradients = {
            name: one.grad for name, one in encoder.named_parameters() if one.grad is not None
        }
        results.append((state_of(encoder), loss, gradients, encoder.description()))
    (state, loss, gradients, said), (state_2, loss_2, gradients_2, said_2) = results
    assert same(state, state_2)
    assert torch.equal(loss, loss_2)
    assert same(gradients, gradients_2)
    assert len(gradients) > 10
    assert str(said) == str(said_2)


def test_a_description_builds_the_encoder_again(make_joint, joint_batch, fusion):
    encoder = make_joint(fusion, modality_dropout=0.25).eval()
    found = []

    def find(target):
        found.append(target)
        return import_object(target)

    again = JointEncoderBuilder.restore_parts(encoder.description(), find).eval()
    assert again.modality_dropout == 0.25
    assert again.fusion == fusion
    # Of a text encoder's configuration, only what shapes the model comes back.
    said, wanted = again.description(), encoder.description()
    assert (said["fusion"], said["parts"]["image"]) == (wanted["fusion"], wanted["parts"]["image"])
    tokenizers = [one["parts"]["text"]["description"]["tokenizer"] for one in (said, wanted)]
    assert tokenizers[0] == tokenizers[1]
    again.load_state_dict(encoder.state_dict())
    assert torch.equal(again(joint_batch), encoder(joint_batch))
    classes = {
        "lfx.modalities.image.timm_encoder.TimmEncoder",
        "lfx.modalities.text.transformers_encoder.TransformersEncoder",
    }
    assert classes < set(found)
    with pytest.raises(WeightsError, match="without the classes of its parts"):
        JointEncoderBuilder.restore(encoder.description())


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("parts", {}, "parts is a dict of 0, allowed: one named section or more"),
        ("parts", {"a.b": None}, "parts is a dict of 1, allowed: one named section"),
        ("parts|values", {"_target_": "a.B", "description": {}}, "cannot be called 'values'"),
        ("parts|text|_target_", 3, "parts is a dict of 2, allowed: one named section or more"),
        ("parts|text|description", [1], r"parts\.text\.description is a list of 1"),
        ("parts|text|more", 1, r"parts\.text\.more is unknown"),
        ("parts|text|description", {}, r"config is missing"),
        ("fusion", {}, "fusion is a dict of 0, allowed: a section with a class"),
        ("fusion|_target_", "lfx.modalities.encoder.Recipe", "is not a lfx.*JointFusion"),
        ("parts|text|_target_", "lfx.modalities.joint.gated.Gated", "is not a .*EncoderBuilder"),
        ("fusion|width", -1, r"fusion\.width must be at least 1, got -1"),
        ("modality_dropout", 1, "modality_dropout is 1, allowed: a number from 0, below 1"),
        ("modality_dropout", float("nan"), "modality_dropout is nan"),
        ("more", 1, "more is unknown, allowed: parts, fusion, modality_dropout"),
    ],
)
def test_what_a_file_may_not_say(make_joint, path, value, message):
    description = make_joint(GATED).description()
    *parents, last = path.split("|")
    section = description
    for key in parents:
        section = section[key]
    section[last] = value
    with pytest.raises((WeightsError, ConfigError), match=message):
        JointEncoderBuilder.restore_parts(description, import_object)


def test_nothing_is_imported_but_through_the_finder(make_joint):
    description = make_joint(GATED).description()
    for section in (description["fusion"], description["parts"]["text"]):
        kept, section["_target_"] = section["_target_"], "os.system"

        def find(target):
            if target == "os.system":
                raise LookupError(target)
            return import_object(target)

        with pytest.raises(LookupError, match=r"os\.system"):
            JointEncoderBuilder.restore_parts(description, find)
        section["_target_"] = kept


SAMPLE = {"text": "good morning", "image": None}


def built_trainable(builders, fusion=GATED, **changes):
    encoders = {name: replace(one, **changes.get(name, {})) for name, one in builders.items()}
    return JointEncoderBuilder(encoders=encoders, fusion=fusion).build_trainable([SAMPLE] * 3)


LAST = {"trainable": "last_blocks", "trainable_blocks": 1}


def test_each_part_is_trained_by_its_own_settings(builders):
    recipe = Recipe(learning_rate=3e-4, weight_decay=0.2)
    encoder = built_trainable(builders, image={"recipe": recipe, **LAST})
    trained = {name for name, one in encoder.named_parameters() if one.requires_grad}
    everything = {name for name, _ in encoder.named_parameters()}
    frozen = {name.split(".")[3] for name in everything - trained}
    assert {name.split(".")[1] for name in everything - trained} == {"image"}
    assert "layer1" in frozen
    assert "layer4" not in frozen
    set_training_mode(encoder)
    layers = encoder.part("image").backbone
    assert [layers.layer1.training, layers.layer4.training] == [False, True]
    assert all(part.training for part in encoder.part("text").modules())
    head = torch.nn.Linear(8, 3)
    rates = AdamW(learning_rate=1e-2, head_learning_rate=1e-1, weight_decay=0.3)
    groups = parameter_groups(encoder, head, rates)
    assert [(one["lr"], one["weight_decay"]) for one in groups] == [
        *((3e-4, 0.2), (3e-4, 0.0)),
        *((1e-3, 0.01), (1e-3, 0.0)),
        *((1e-2, 0.3), (1e-2, 0.0)),
        *((1e-1, 0.3), (1e-1, 0.0)),
    ]
    images = {id(one) for one in encoder.part("image").parameters() if one.requires_grad}
    assert {id(one) for group in groups[:2] for one in group["params"]} == images


def test_a_part_that_is_frozen_is_evaluated_while_the_others_train(make_joint, joint_batch):
    encoder = make_joint(GATED, modality_dropout=0.0)
    encoder.part("image").requires_grad_(requires_grad=False)
    set_training_mode(encoder)
    assert encoder.training
    assert not any(part.training for part in encoder.part("image").modules())
    before = state_of(encoder.part("image"))
    encoder(joint_batch).sum().backward()
    assert same(before, state_of(encoder.part("image")))


def test_blocks_hold_every_parameter_once_and_what_joins_them_last(make_joint):
    encoder = make_joint(GATED)
    blocks = encoder.blocks()
    found = [id(parameter) for block in blocks for parameter in block]
    assert sorted(found) == sorted(id(parameter) for parameter in encoder.parameters())
    assert {id(one) for one in blocks[-1]} == {id(one) for one in encoder.joining.parameters()}
    most = max(len(encoder.part(name).blocks()) for name in encoder.names)
    assert len(blocks) == most + 1


def test_a_part_that_is_there_already_is_taken(builders):
    started = builders["text"].build(["another text altogether"])
    before = state_of(started)
    encoder = JointEncoderBuilder(
        encoders={**builders, "text": replace(builders["text"], **LAST)},
        fusion=GATED,
    ).build_trainable([SAMPLE], {"text": started})
    assert encoder.part("text") is started
    assert same(before, state_of(encoder.part("text")))
    frozen = [name for name, one in started.named_parameters() if not one.requires_grad]
    assert frozen
    assert all("embeddings" in name for name in frozen)


def test_the_parts_of_a_restored_encoder_are_trained_by_the_settings(builders):
    changes = {"text": LAST}
    builder = JointEncoderBuilder(
        encoders={name: replace(one, **changes.get(name, {})) for name, one in builders.items()},
        fusion=GATED,
    )
    first = builder.build_trainable([SAMPLE])
    restored = JointEncoderBuilder.restore_parts(first.description(), import_object)
    assert all(one.requires_grad for one in restored.parameters())
    again = builder.rejoined(restored)
    assert not all(one.requires_grad for one in first.parameters())
    wanted = {name for name, one in first.named_parameters() if one.requires_grad}
    assert {name for name, one in again.named_parameters() if one.requires_grad} == wanted
    assert [rates[1:] for rates in again.rates(1, 2)] == [rates[1:] for rates in first.rates(1, 2)]
    with pytest.raises(ConfigError, match="has other parts than image, text"):
        builder.rejoined(first.part("text"))


def test_a_part_that_no_sample_of_train_has_is_refused(builders):
    builder = JointEncoderBuilder(encoders=builders, fusion=GATED)
    with pytest.raises(DataError, match=r"no sample of train has image, .*encoders\.image=null"):
        builder.build_trainable([{"text": "good morning"}])
    with pytest.raises(DataError, match="no sample of train has text"):
        builder.build_trainable([{"image": None}], {"text": builders["text"].build(["a b"])})


def test_a_part_without_weights_is_told_of_the_rate_that_it_is_learned_at(caplog):
    recipe = Recipe(head_learning_rate=1e-2)
    builder = JointEncoderBuilder(
        encoders={"text": NgramsEncoder(recipe=recipe, min_df=1)}, fusion=GATED
    )
    builder.build_trainable([{"text": "good morning"}, {"text": "good night"}])
    assert "modality.encoders.text has no weights of its own" in caplog.text
    assert "head_learning_rate=0.001; alone it takes 0.01" in caplog.text


def test_settings_that_build_no_joint_model_are_refused(builders):
    inner = JointEncoderBuilder(encoders=builders, fusion=GATED)
    for settings, message in (
        ({"encoders": {}}, "a joint model needs an encoder: encoder@modality"),
        ({"encoders": {"values": builders["text"]}}, "cannot be called 'values'"),
        ({"encoders": {"joint": builders["text"]}}, "cannot be called 'joint'"),
        ({"encoders": {"a b": builders["text"]}}, "cannot be called 'a b'"),
        ({"encoders": {"both": inner}}, "modality.encoders.both is a joint encoder itself"),
        ({"trainable": "nothing"}, r"settings of each part: modality\.encoders\.NAME"),
        ({"modality_dropout": 1.0}, "modality_dropout must be at least 0 and below 1"),
        ({"fusion": None}, "encoder=joint goes with modality=joint, which has .* what joins them"),
        (
            {"fusion": builders["text"]},
            "encoder=joint goes with modality=joint, which has .* what joins",
        ),
    ):
        with pytest.raises(ConfigError, match=message):
            JointEncoderBuilder(**{"encoders": builders, "fusion": GATED, **settings})


def test_flags_and_widths_are_those_of_what_joins_the_parts(make_joint, builders):
    encoder = make_joint(Hybrid(inner=GATED))
    assert isinstance(encoder, JointEncoder)
    assert encoder.flags == 2
    widths = [encoder.part(name).features for name in encoder.names]
    assert encoder.features == 8 + sum(widths) + 2
    assert JointEncoderBuilder(encoders=builders, fusion=GATED).parts == ("image", "text")
    assert TimmEncoder(architecture="test_resnet").parts == ()
