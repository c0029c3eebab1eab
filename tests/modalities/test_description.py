"""What a description of an encoder may say: names that are known, and plain values in bounds."""

from __future__ import annotations

import pytest

from lfx.modalities.description import choice, require_fields
from lfx.modalities.image.description import check_architecture_args
from lfx.modalities.image.timm_encoder import TimmEncoder
from lfx.modalities.text.description import shape_of
from lfx.modalities.text.transformers_encoder import TransformersEncoder
from lfx.runtime.errors import ConfigError, WeightsError


def test_all_wrong_fields_are_named_at_once():
    fields = {"pooling": choice("mean", "first"), "kind": choice("a")}
    require_fields({"pooling": "mean", "kind": "a"}, fields)
    with pytest.raises(WeightsError, match="description is wrong") as caught:
        require_fields({"pooling": "max", "surprise": 1}, fields, "part")
    told = str(caught.value)
    assert "part.pooling is 'max', allowed: mean or first" in told
    assert "part.kind is missing" in told
    assert "part.surprise is unknown, allowed: pooling, kind" in told


def test_a_text_configuration_names_no_code() -> None:
    kept = shape_of(
        {
            "model_type": "bert",
            "hidden_size": 32,
            "_name_or_path": "/etc",
            "_attn_implementation": "stranger/kernel",
            "attn_implementation": "stranger/kernel",
            "auto_map": {"AutoModel": "stranger/code--model.Model"},
            "trust_remote_code": True,
            "quantization_config": {"quant_method": "awq"},
            "torch_dtype": "float16",
            "experts_implementation": "x",
            "num_labels": 10**9,
        }
    )
    assert kept == {"model_type": "bert", "hidden_size": 32}
    for config, reason in (
        ({"model_type": "clip"}, "is made of several models"),
        ({"model_type": "vit"}, "reads no tokens"),
        ({"model_type": "t5"}, "is an encoder with a decoder"),
        ({"model_type": "stranger/model"}, "has no model type"),
        ({"model_type": 3}, "has no model type 3"),
        ({"model_type": "bert", "hidden_size": 10**9}, "config.hidden_size is 1000000000"),
        ({"model_type": "bert", "hidden_act": "stranger/kernel"}, "config.hidden_act"),
    ):
        with pytest.raises(WeightsError, match=reason):
            shape_of(config)


def test_timm_gets_shapes_alone() -> None:
    check_architecture_args("resnet10t", {"stem_width": 16})
    for arguments in ({"checkpoint_path": 1}, {"stem_width": True}, {"cache_dir": 0}, {"x": 1}):
        with pytest.raises(ConfigError, match="cannot be built with"):
            check_architecture_args("resnet10t", arguments)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("image_size", 10**9, "an integer from 1 to 4096"),
        ("mean", [0.5], "three numbers"),
        ("std", [0.0, 0.5, 0.5], "three numbers above 0"),
        ("resize", "stretch", "squash or crop"),
    ],
)
def test_an_image_encoder_of_other_values_is_not_built(make_image, key, value, allowed):
    description = make_image().description() | {key: value}
    with pytest.raises(WeightsError, match=f"{key} is .*, allowed: {allowed}"):
        TimmEncoder.restore(description)


def test_a_tokenizer_that_knows_more_than_the_model_is_refused(make_text):
    words = "other tokenizers were trained on longer texts with many more frequent words"
    larger = make_text(vocabulary=400, train_texts=[words] * 9)
    description = make_text().description() | {"tokenizer": larger.tokenizer.state}
    with pytest.raises(WeightsError, match=r"gives ids up to \d+, and its model knows \d+ tokens"):
        TransformersEncoder.restore(description)
