"""Parts of a joint model on the command line: added by a name, taken away by null."""

from __future__ import annotations

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException

from lfx.command.entry import register
from lfx.command.messages import explain
from lfx.command.open_groups import use_open_groups
from lfx.runtime.locate import config_folder

PART = "encoder@modality.encoders"


@pytest.fixture
def parts(composed):
    """Compose a training run; returns the encoder's name of each part."""

    def names(*overrides):
        config = composed("train", "modality=joint", *overrides)
        return {name: part.name for name, part in config.modality.encoders.items()}

    return names


def test_parts_are_chosen_added_and_taken_away(parts):
    assert parts() == {"text": "tiny_text", "image": "tiny_image"}
    assert parts(f"{PART}.text=minilm") == {"text": "minilm", "image": "tiny_image"}
    assert parts(f"{PART}.image=null") == {"text": "tiny_text"}
    # These two stand in the file, with nothing chosen.
    assert parts(f"{PART}.audio=null", f"{PART}.vector=tiny_text") == {
        "text": "tiny_text",
        "image": "tiny_image",
        "vector": "tiny_text",
    }
    assert parts(f"{PART}.caption=minilm", f"{PART}.photo=tiny_image", f"{PART}.image=null") == {
        "text": "tiny_text",
        "caption": "minilm",
        "photo": "tiny_image",
    }
    # Hydra's own words for the same still work.
    assert parts(f"~{PART}.image", f"+{PART}.caption=minilm") == {
        "text": "tiny_text",
        "caption": "minilm",
    }


def test_settings_of_a_part_that_was_added_are_checked_and_set(composed, parts):
    given = (
        "modality=joint",
        f"{PART}.caption=tiny_text",
        "modality.encoders.caption.max_length=9",
    )
    config = composed("train", *given)
    assert config.modality.encoders.caption.max_length == 9
    assert config.encoder.encoders.caption.max_length == 9
    with pytest.raises(HydraException, match="max_length"):
        parts(f"{PART}.caption=tiny_text", "modality.encoders.caption.max_length=long")


def test_the_order_on_the_command_line_is_nothing(parts):
    overrides = [f"{PART}.caption=minilm", f"{PART}.image=null", f"{PART}.text=minilm"]
    assert parts(*overrides) == parts(*reversed(overrides))


def test_a_multirun_composes_parts_that_come_and_go(composer):
    config = composer.load_configuration("train", ["modality=joint"], _run_mode())
    jobs = ([f"{PART}.image=null"], [f"{PART}.caption=tiny_text"], [f"{PART}.image=tiny_image"])
    found = [
        list(composer.load_sweep_config(config, ["modality=joint", *job]).modality.encoders)
        for job in jobs
    ]
    assert found == [["text"], ["text", "image", "caption"], ["text", "image"]]


def _run_mode():
    from hydra.types import RunMode

    return RunMode.MULTIRUN


def test_all_other_sections_are_closed(composed):
    use_open_groups()  # twice is harmless
    for overrides in (
        ["modality=joint", "encoder@modality.encodrs.text=minilm"],
        ["modality=joint", "encoder@other=minilm"],
        ["loss@loss.third=supcon"],
    ):
        with pytest.raises(HydraException, match="Could not override"):
            composed("train", *overrides)
    with pytest.raises(ValueError, match="Config group override must be a string or a list"):
        composed("train", "modality=null")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["modality=joint", f"{PART}.text=nosuch"],
            f"{PART}.text=nosuch: there is no 'encoder/nosuch'; choose from: ast, ",
        ),
        (
            [f"{PART}.caption=nosuch", "modality=joint"],
            f"{PART}.caption=nosuch: there is no 'encoder/nosuch'; choose from: ast, ",
        ),
        (
            ["modality=text", f"{PART}.text=minilm"],
            f"{PART}.text=minilm: only a joint model has encoders of parts: modality=joint",
        ),
        (
            ["modality=joint", "joint=hybrid", "joint@joint.inner=nosuch"],
            "joint@joint.inner=nosuch: there is no 'joint/nosuch'; choose from: concat, ",
        ),
        (
            ["modality=joint", "joint=sum"],
            "joint=sum: there is no 'joint/sum'; choose from: concat, cross_attention, gated, ",
        ),
        (
            ["modality=image_contrastive", "loss=combined", "loss@loss.first=nosuch"],
            "loss@loss.first=nosuch: there is no 'loss/nosuch'; choose from: combined, ",
        ),
    ],
)
def test_a_choice_that_cannot_be_made_is_told(arguments, message):
    register()
    with (
        initialize_config_dir(str(config_folder()), version_base="1.3"),
        pytest.raises(HydraException, match=r"\S") as caught,
    ):
        compose("train", overrides=arguments)
    (line,) = explain(caught.value, "train", arguments).splitlines()
    assert line.startswith(message)


def test_what_is_wrong_with_a_section_that_is_used_twice_is_told_once(typed):
    from lfx.runtime.errors import ConfigError

    for setting, message in (
        ("joint.width=0", r"^joint\.width must be at least 1, got 0$"),
        (
            "modality.encoders.text.max_length=1",
            r"^modality\.encoders\.text\.max_length must be at least 8, got 1$",
        ),
    ):
        with pytest.raises(ConfigError, match=message):
            typed("train", "modality=joint", "joint=gated", setting)
    with pytest.raises(
        ConfigError, match=r"^a part of a joint model cannot be called 'items'; [^\n]*$"
    ):
        typed("train", "modality=joint", f"{PART}.items=tiny_text")
    with pytest.raises(ConfigError, match=r"^a joint model needs an encoder: encoder@[^\n]*$"):
        typed("train", "modality=joint", f"{PART}.text=null", f"{PART}.image=null")
