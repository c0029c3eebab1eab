from __future__ import annotations

import pytest
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf.errors import InterpolationResolutionError

from lfx.command.entry import register
from lfx.command.messages import explain
from lfx.runtime.locate import config_folder

SCHEMES = sorted(file.stem for file in (config_folder() / "fusion").glob("*.yaml"))


@pytest.fixture
def explained():
    """Compose what cannot be composed, and explain what Hydra raises."""
    register()

    def build(stage, *arguments):
        overrides = [text for text in arguments if not text.startswith("-")]
        with (
            initialize_config_dir(str(config_folder()), version_base="1.3"),
            # Whatever it says: the explanation is what is tested.
            pytest.raises((HydraException, ValueError), match=r"\S") as caught,
        ):
            compose(stage, overrides=overrides)
        return explain(caught.value, stage, arguments).splitlines()

    return build


def test_an_unknown_key(explained):
    assert explained("train", "epochs=3") == [
        "epochs=3: there is no such setting; `--help` lists all"
    ]


def test_what_may_have_been_meant(explained):
    assert explained("train", "trainer.max_epoch=3", "fuson=mean", "batch_size=3") == [
        (
            "trainer.max_epoch=3: there is no such setting with trainer=default; did you mean "
            "trainer.max_epochs?"
        ),
        "fuson=mean: there is no such setting; `--help` lists all",
        (
            "batch_size=3: there is no such setting; did you mean encoder.recipe.batch_size or "
            "trainer.batch_size?"
        ),
    ]
    assert explained("fuse", "fuson=mean") == [
        "fuson=mean: there is no such setting; did you mean fusion?"
    ]


def test_null_where_a_value_is_needed(explained):
    assert explained("fuse", "fit_split=null") == ["fit_split=null: fit_split must not be null"]
    assert explained("fuse", "calibration=null") == [
        "calibration=null: it must not be null; choose from: none, temperature, vector"
    ]


def test_a_wrong_type(explained):
    (line,) = explained("train", "trainer.max_epochs=abc")
    assert line == (
        "trainer.max_epochs=abc: Value 'abc' of type 'str' could not be converted to Integer"
    )


def test_a_value_that_is_no_choice(explained):
    (line,) = explained("train", "data.split=halves")
    assert line.endswith("Invalid value 'halves', expected one of [random, grouped, file]")


def test_an_unknown_option_of_a_group_lists_the_options(explained):
    assert explained("train", "modality=sound") == [
        (
            "modality=sound: there is no 'modality/sound'; choose from: audio, image, "
            "image_contrastive, joint, text, text_contrastive, vector"
        )
    ]


@pytest.fixture
def own_configs(tmp_path):
    """A user's own folder of configs, given by `--config-dir`."""
    (tmp_path / "fusion").mkdir()
    lines = ["_target_: lfx.fusion.schemes.grid.Grid", "steps: 3", ""]
    (tmp_path / "fusion" / "own.yaml").write_text("\n".join(lines))
    (tmp_path / "fusion" / "extra.yaml").write_text("\n".join([*lines, "point: 3"]))
    return tmp_path


def test_a_folder_of_ones_own_is_looked_through(own_configs):
    def explain_own(*arguments):
        register()
        own = ["--config-dir", str(own_configs)]
        return explain(HydraException("what Hydra said"), "fuse", [*own, *arguments])

    assert explain_own("fusion=own") == "what Hydra said"  # nothing is wrong with it
    choices = ", ".join(sorted([*SCHEMES, "extra", "own"]))
    assert explain_own("fusion=none").endswith(f"'fusion/none'; choose from: {choices}")
    told = explain_own("fusion=own", "fusion.power=3", "fusion.step=4").splitlines()
    assert told[0].startswith("fusion.power=3: there is no such setting with fusion=own")
    assert told[1].endswith("did you mean fusion.steps?")
    file = own_configs / "fusion/extra.yaml"
    assert explain_own("fusion=extra") == (
        f"fusion=extra: {file}: point: there is no such setting; did you mean points?"
    )


def test_a_folder_of_ones_own_that_is_not_there(own_configs):
    register()
    gone = own_configs / "gone"
    found = explain(HydraException("what Hydra said"), "fuse", [f"--config-dir={gone}"])
    assert found == f"--config-dir={gone}: there is no such folder"


def test_every_mistake_is_named_at_once(explained):
    lines = explained(
        "train",
        "--multirun",
        "epochs=3",
        "modality=sound",
        "trainer.patience=1.5",
        "encoder=huge",
        "trainer.batch_size=8",
    )
    assert [line.split(":")[0] for line in lines] == [
        "modality=sound",
        "encoder=huge",
        "epochs=3",
        "trainer.patience=1.5",
    ]


def test_values_are_tried_over_the_choices_that_work(explained):
    # Only the scheme detection_rate has an alpha.
    lines = explained("fuse", "fusion=detection_rate", "fusion.alpha=none", "fusion.beta=1")
    assert lines == [
        "fusion.beta=1: there is no such setting with fusion=detection_rate; `--help` lists all"
    ]


def test_each_value_of_a_sweep_is_tried_by_itself(explained):
    lines = explained("fuse", "-m", "fusion=mean,best,weighted", "seed=1,two", "fit_split=val,oof")
    assert lines == [
        f"fusion=best: there is no 'fusion/best'; choose from: {', '.join(SCHEMES)}",
        "seed=two: Value 'two' of type 'str' could not be converted to Integer",
    ]


def test_a_group_without_an_option(explained):
    (line,) = explained("train", "encoder=null")
    assert line.startswith("encoder=null: it must not be null; choose from: ast, ")


def test_what_is_no_override_gets_hydras_own_words(explained):
    (line,) = explained("fuse", "~members.nobody")
    assert line == "Could not delete from config. 'members.nobody' does not exist."


def test_a_path_with_an_equals_sign_is_a_parse_error(explained):
    line, hint = explained("predict", "ckpt=/a/w=0.1/best.ckpt")
    assert line.startswith("ckpt=/a/w=0.1/best.ckpt: ")
    assert hint.endswith("type \"ckpt='/a/w=0.1/best.ckpt'\"")


def test_an_experiment_of_another_stage(explained):
    (line,) = explained("fuse", "experiment=paper/resnet50")
    assert line == (
        "experiment=paper/resnet50: it chooses a modality, which this command does not have; "
        "the first lines of conf/experiment/paper/resnet50.yaml name its command"
    )


def test_an_unknown_option_in_a_folder_of_a_group(explained):
    (line,) = explained("train", "experiment=sensitivity/x")
    assert line.endswith(
        "choose from: sensitivity/alpha, sensitivity/back_translation, sensitivity/combined_loss, "
        "sensitivity/weighting"
    )


def test_an_unknown_option_beside_folders_of_a_group(explained):
    folders = "contrastive_ablation, fusion_levels/…, paper/…, paper_light/…, sensitivity/…"
    for asked in ("foo", "papr/foo"):
        (line,) = explained("train", f"experiment={asked}")
        assert line.endswith(f"there is no 'experiment/{asked}'; choose from: {folders}")


def test_an_unknown_option_of_hydras_own_groups(explained):
    (line,) = explained("train", "hydra/launcher=foo")
    options = line.partition("choose from: ")[2].split(", ")
    assert {"basic", "joblib", "lfx", "submitit_slurm"} <= set(options)


def test_a_path_with_a_sign_of_hydras_grammar_is_shown_in_quotes(explained):
    assert explained("train", "data.root=/a/b=c")[1] == (
        "  if all of it is one text, type \"data.root='/a/b=c'\""
    )
    for path in ("/a#b", "/a(1)", "[a]", "{a: 1}"):
        assert f"'{path}'" in explained("train", f"data.root={path}")[1]
    assert len(explained("train", "trainer.max_epochs=abc", "epochs=a")) == 2  # no use of quotes


def test_several_values_without_a_multirun(explained):
    assert explained("train", "data.root=/a,b") == [
        (
            "data.root=/a,b: several values are for a multirun: -m; a list is written with "
            "brackets: KEY=[A,B]"
        ),
        "  if all of it is one text, type \"data.root='/a,b'\"",
    ]


def test_a_value_that_leads_back_to_itself():
    register()
    raised = InterpolationResolutionError("Recursive interpolation detected")
    told = "name: its value refers to itself"
    assert explain(raised, "train", ["modality=text", "name=${name}"]) == told


def test_a_misspelt_option_of_a_group(explained):
    (line,) = explained("fuse", "fusion=entropi")
    assert line.startswith(
        "fusion=entropi: there is no 'fusion/entropi'; did you mean entropy? all: "
    )


def test_a_search_path_of_ones_own(own_configs):
    register()
    given = [f"hydra.searchpath=[file://{own_configs}]", "fusion=own", "fusion.power=3"]
    message = explain(HydraException("what Hydra said"), "fuse", given)
    assert message.startswith("fusion.power=3: there is no such setting with fusion=own")


@pytest.mark.parametrize("content", ["", "power: 3", "_target_: null", "_target_: [a]", "[]"])
def test_an_option_that_names_no_class(tmp_path, content):
    register()
    (tmp_path / "fusion").mkdir()
    (tmp_path / "fusion/mine.yaml").write_text(content)
    given = [f"--config-dir={tmp_path}", "fusion=mine"]
    message = explain(HydraException("what Hydra said"), "fuse", given)
    problem = "it holds a list" if content == "[]" else "it names no class: a line `_target_: "
    assert problem in message
