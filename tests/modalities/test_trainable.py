from __future__ import annotations

import pytest
import torch

from lfx.modalities.trainable import choose_trainable, set_training_mode


def trained(encoder):
    return {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}


@pytest.fixture(params=["image", "text"])
def encoder(request, make_image, make_text):
    return make_image() if request.param == "image" else make_text()


def test_blocks_hold_every_parameter_once(encoder):
    found = [id(parameter) for block in encoder.blocks() for parameter in block]
    assert sorted(found) == sorted(id(parameter) for parameter in encoder.parameters())
    assert len(encoder.blocks()) > 2


def test_nothing_and_everything(encoder):
    choose_trainable(encoder, "nothing", 1)
    assert trained(encoder) == set()
    choose_trainable(encoder, "everything", 1)
    assert trained(encoder) == {name for name, _ in encoder.named_parameters()}


def test_the_last_blocks_are_counted_from_the_end(encoder):
    blocks = encoder.blocks()
    for last in range(1, len(blocks) + 3):
        choose_trainable(encoder, "last_blocks", last)
        wanted = sum(len(block) for block in blocks[-last:])
        assert len(trained(encoder)) == wanted


def test_the_last_block_is_the_one_before_the_head(make_image, make_text):
    image, text = make_image(), make_text()
    choose_trainable(image, "last_blocks", 1)
    assert {name.split(".")[1] for name in trained(image)} == {"layer4"}
    choose_trainable(text, "last_blocks", 1)
    assert {".".join(name.split(".")[1:4]) for name in trained(text)} == {"encoder.layer.2"}


def test_an_unknown_part_is_refused(encoder):
    with pytest.raises(ValueError, match="part: nothing, last_blocks or everything, got 'half'"):
        choose_trainable(encoder, "half", 1)


def buffers(encoder):
    return {name: tensor.clone() for name, tensor in encoder.named_buffers()}


def test_frozen_statistics_stay_and_trained_ones_move(make_image, pixels):
    encoder = make_image()
    for part in ("nothing", "last_blocks", "everything"):
        choose_trainable(encoder, part, 1)
        set_training_mode(encoder)
        before = buffers(encoder)
        encoder({"image": pixels})
        moved = {
            name
            for name, tensor in buffers(encoder).items()
            if "running" in name and not torch.equal(tensor, before[name])
        }
        expected = {
            name
            for name in before
            if "running" in name
            and (part == "everything" or (part == "last_blocks" and "layer4" in name))
        }
        assert moved == expected


def test_dropout_is_active_exactly_where_something_is_trained(make_text, tokenize):
    encoder = make_text()
    batch = tokenize(encoder, ["good morning", "the train was late again"])
    encoder.eval()  # as transformers hands pretrained models over
    for part, active in (("nothing", False), ("last_blocks", True), ("everything", True)):
        choose_trainable(encoder, part, 1)
        set_training_mode(encoder)
        with torch.no_grad():
            assert torch.equal(encoder(batch), encoder(batch)) is not active
    layers = encoder.backbone.encoder.layer
    choose_trainable(encoder, "last_blocks", 1)
    set_training_mode(encoder)
    assert [layer.training for layer in layers] == [False, False, True]
    assert not encoder.backbone.embeddings.training
