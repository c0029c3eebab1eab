"""Parts of a joint model that start from unimodal runs: which may, and what is noted of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
import torch

from lfx.data.column import TextColumn
from lfx.runs.checkpoint_file import read_content, write_content
from lfx.runs.checkpoints import read_checkpoint
from lfx.runs.epochs import note_epochs, read_epochs
from lfx.runs.starts import read_starts, restore_start, start_of
from lfx.runs.training_run import build_classifier, train_model
from lfx.runtime.errors import CheckpointError, ConfigError

JOINT = ("modality=joint", "trainer.max_epochs=1")


@pytest.fixture(scope="module")
def text_run(configured, table, tmp_path_factory):
    """The folder of a run of texts on `table`."""
    from lfx.command.job import Job
    from lfx.runs.checkpoints import RunCheckpoints
    from lfx.train import build_plan
    from lfx.training.context import RunContext

    run = tmp_path_factory.mktemp("text")
    plan = build_plan(configured("modality=text", "trainer.max_epochs=2"), Job(run, (), None))
    plan = replace(plan, report=lambda _trained: None, published=run / "published.parquet")
    compute = plan.request.trainer.compute()
    checkpoints = RunCheckpoints(run, {})
    context = RunContext(table, plan.modality, compute, run, plan.dataset.cache, checkpoints)
    train_model(plan, context, None, None)
    return run


@pytest.fixture
def joint_plan(planned, configured):
    """The plan of a joint model whose text starts from a file."""

    def plan(file, *overrides, name="text"):
        built = planned(configured(*JOINT, *overrides))
        return replace(built, start={name: str(file)})

    return plan


def begin(plan, table, fold=None):
    """Read what a plan's parts start from, on the columns of a table."""
    return read_starts(plan, table, plan.modality.fingerprints(table, plan.dataset.cache), fold)


def noted_of(run):
    """What a run has noted of its training, without what it cost, which is never the same."""
    noted = json.loads((run / "training.json").read_text())
    assert noted.pop("cost")["seconds"] > 0
    return noted


def encoder_of(weights):
    return {n.removeprefix("encoder."): of for n, of in weights.items() if n.startswith("encoder.")}


def test_a_part_begins_with_the_runs_weights_and_its_tokenizer(text_run, joint_plan, table):
    best = text_run / "checkpoints/best.ckpt"
    for given in (best, text_run):  # the run's folder will do
        plan = joint_plan(given)
        starts = begin(plan, table)
        model = build_classifier(plan, table, None, starts)
        part, checkpoint = model.encoder.part("text"), read_checkpoint(best)
        theirs = encoder_of(checkpoint.weights)
        assert part.state_dict().keys() == theirs.keys()
        assert all(torch.equal(theirs[name], of) for name, of in part.state_dict().items())
        assert part.tokenizer.state == checkpoint.encoder.settings["tokenizer"]
        assert all(one.requires_grad for one in part.parameters())
    frozen = joint_plan(best, "modality.encoders.text.trainable=last_blocks")
    model = build_classifier(frozen, table, None, begin(frozen, table))
    assert not all(one.requires_grad for one in model.encoder.part("text").parameters())


def test_its_epochs_are_those_of_its_run_and_count_with_those_that_it_started_from(
    text_run, joint_plan, table, tmp_path
):
    (start,) = begin(joint_plan(text_run), table).values()
    provenance = start.checkpoint.provenance
    noted = start.plain()
    assert noted.pop("seconds") > 0
    assert noted == {"name": "text", "config_hash": provenance.config_hash, "epochs": 2}
    assert noted_of(text_run) == {
        "epochs": {"train": 2},
        "starts": {},
        "epochs_in_all": 2,
    }
    note_epochs(tmp_path, {"phase_1": 3, "phase_2": 4}, {"text": start.plain()})
    assert read_epochs(tmp_path) == 9
    # Of a run that noted none, those that had ended when the checkpoint was written.
    alone = tmp_path / "alone.ckpt"
    shutil.copy(text_run / "checkpoints/best.ckpt", alone)
    content = read_content(alone)
    content["epoch"] = 6
    write_content(alone, content)
    assert start_of(read_checkpoint(alone)).epochs == 7
    del content["epoch"]
    write_content(alone, content)
    assert start_of(read_checkpoint(alone)).epochs == 0


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"epochs_in_all": -1}', '{"epochs_in_all": "3"}']
)
def test_a_file_that_says_no_number_of_epochs_says_nothing(tmp_path, content):
    assert read_epochs(tmp_path) is None
    (tmp_path / "training.json").write_text(content)
    assert read_epochs(tmp_path) is None


def test_other_data_and_other_splits_are_refused(text_run, joint_plan, table):
    plan = joint_plan(text_run)
    other = replace(table, labels=(1 - table.labels[0], *table.labels[1:]))
    with pytest.raises(CheckpointError, match=r"start.text=.* on another data set, or on another"):
        begin(plan, other, None)
    swap = {"train": "test", "test": "train"}
    splits = tuple(swap.get(one, one) for one in table.splits)
    trained = sum(one == "test" for one in splits)
    with pytest.raises(CheckpointError, match=rf"another split: \d+ .*, {trained} of which it has"):
        begin(plan, replace(table, splits=splits), None)


def test_another_column_and_other_content_are_refused(text_run, joint_plan, table):
    plan = joint_plan(text_run)
    words = TextColumn([f"{text} indeed" for text in table.columns["text"]])
    other = replace(table, columns={**table.columns, "text": words})
    with pytest.raises(CheckpointError, match=r"on another state of column text, and the part"):
        begin(plan, other)
    both = replace(table, columns={**table.columns, "caption": words})
    captions = joint_plan(text_run, "modality.inputs.text.column=caption")
    with pytest.raises(CheckpointError, match=r"on column text, and the part reads caption"):
        begin(captions, both)


def test_another_encoder_is_refused(text_run, joint_plan, table):
    plan = joint_plan(text_run, "modality.encoders.text.max_length=32")
    with pytest.raises(CheckpointError, match=r"encoder\.max_length: 64 there, 32 here\ngive the"):
        begin(plan, table)
    plan = joint_plan(text_run, name="image")
    with pytest.raises(CheckpointError, match=r"another encoder, which reads text:\n.*Trans"):
        begin(plan, table)
    # How it is trained, and where its weights came from, may differ.
    begin(joint_plan(text_run, "modality.encoders.text.recipe.patience=9"), table)


def test_what_is_no_checkpoint_is_told_by_the_setting(joint_plan, table, tmp_path):
    for given, message in (
        (tmp_path / "gone.ckpt", r"^start\.text=.*gone\.ckpt: there is no such file"),
        (tmp_path, r"^start\.text=.*/checkpoints/best\.ckpt: there is no such file"),
    ):
        with pytest.raises(CheckpointError, match=message):
            begin(joint_plan(given), table)
    with pytest.raises(CheckpointError, match=r"fold_2/checkpoints/best\.ckpt: there is no such"):
        begin(joint_plan(tmp_path), table, 2)


def test_starts_belong_to_parts_of_a_joint_model(planned, configured):
    for overrides, start, message in (
        (JOINT, "sound", r"start\.sound is of no part; the parts are image, text"),
        (("modality=text",), "text", r"start\.text is for several encoders, with modality=joint"),
        ((*JOINT, "training=cross_modal", "phase=2", "phase_1_ckpt=a"), "text", "the one or the"),
    ):
        plan = replace(planned(configured(*overrides)), start={start: "a.ckpt"})
        with pytest.raises(ConfigError, match=message):
            plan.require_possible()
    with pytest.raises(ConfigError, match="joint=concat is for several encoders"):
        planned(configured("modality=text", "joint=concat")).require_possible()


def test_a_run_notes_its_starts_and_is_carried_on_without_them(
    text_run, joint_plan, begun, configured, table, tmp_path
):
    given = tmp_path / "given"
    shutil.copytree(text_run / "checkpoints", given / "checkpoints")
    shutil.copy(text_run / "training.json", given)
    run = tmp_path / "run"
    plan = replace(joint_plan(given), published=tmp_path / "published.parquet")
    _, _, context = begun(configured(*JOINT), run=run)
    train_model(plan, context, None, None)
    noted = noted_of(run)
    assert noted["starts"]["text"]["epochs"] == 2
    assert noted["epochs_in_all"] == 3
    last = read_checkpoint(run / "checkpoints/last.ckpt")
    assert last.provenance.starts == noted["starts"]
    shutil.rmtree(given)
    resumed = replace(last, weights={}, progress=None)
    model = build_classifier(plan, table, None, {}, resumed)
    model.load_state_dict(dict(last.weights))
    tokenizer = last.encoder.settings["parts"]["text"]["description"]["tokenizer"]
    assert model.encoder.part("text").tokenizer.state == tokenizer
    train_model(plan, context, resumed, None)
    assert noted_of(run) == noted
    with pytest.raises(CheckpointError, match="there is no such file"):
        train_model(plan, context, None, None)


@pytest.mark.parametrize(
    "starts",
    [
        [],
        {"text": 3},
        {"text": {"name": "text", "config_hash": "a"}},
        {"text": {"name": "text", "config_hash": "a", "epochs": -1}},
        {"text": {"name": 1, "config_hash": "a", "epochs": 1}},
    ],
)
def test_a_damaged_note_of_starts_is_a_damaged_checkpoint(text_run, tmp_path, starts):
    content = read_content(text_run / "checkpoints/best.ckpt")
    content["lfx"]["provenance"]["starts"] = starts
    write_content(tmp_path / "bad.ckpt", content)
    with pytest.raises(CheckpointError, match=r"provenance\.starts is .*allowed: part → its"):
        read_checkpoint(tmp_path / "bad.ckpt")


def test_a_started_encoder_is_that_of_the_checkpoint(text_run):
    start = start_of(read_checkpoint(text_run / "checkpoints/best.ckpt"))
    encoder = restore_start(start, set())
    theirs = encoder_of(start.checkpoint.weights)
    assert all(torch.equal(theirs[name], of) for name, of in encoder.state_dict().items())
