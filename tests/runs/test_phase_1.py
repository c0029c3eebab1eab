"""What phase 2 starts from: a phase 1 of the same encoder that has not seen what is tested on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lfx.data.column import TextColumn
from lfx.runs.checkpoint_file import read_content, write_content
from lfx.runs.phase_1 import adopt_phase_1, read_phase_1
from lfx.runtime.errors import CheckpointError

ENCODER = {
    "_target_": "lfx.modalities.image.timm_encoder.TimmEncoder",
    "architecture": "test_resnet",
    "image_size": 32,
    "trainable": "everything",
}


@pytest.fixture
def first(make_classifier, content_of, table, tmp_path):
    """The checkpoint of a phase 1 on the samples of `table`."""
    splits = dict(zip(table.ids, table.splits, strict=True))
    settings = {"encoder": ENCODER, "data": {"name": "demo"}}
    content = content_of(make_classifier(), splits=splits, settings=settings)
    content["lfx"]["phase"] = 1
    file = tmp_path / "first/checkpoints/phase_1/best.ckpt"
    write_content(file, content)
    return file


def test_it_is_of_the_same_encoder_but_for_what_is_trained(first):
    further = {"trainable": "last_blocks", "weights": {"source": "hub"}, "recipe": {"patience": 1}}
    assert read_phase_1(first, ENCODER | further).phase == 1
    with pytest.raises(CheckpointError, match=r"encoder\.image_size: 32 there, 64 here\ngive this"):
        read_phase_1(first, ENCODER | {"image_size": 64})
    with pytest.raises(CheckpointError, match=r"(?s)another encoder.*encoder\.resize: None there"):
        read_phase_1(first, ENCODER | {"resize": "crop"})
    other = "lfx.modalities.text.transformers_encoder.TransformersEncoder"
    with pytest.raises(CheckpointError, match=r"encoder: '.*TimmEncoder' there, .*Transformers"):
        read_phase_1(first, {"_target_": other})


def test_other_checkpoints_are_refused(first, tmp_path):
    for key, value, message in (
        ("phase", 2, "is no checkpoint of phase 1; a run with two phases keeps it as"),
        ("provenance", None, "its settings say nothing of the encoder"),
    ):
        content = read_content(first)
        if value is None:
            content["lfx"]["provenance"]["settings"] = {}
        else:
            content["lfx"][key] = value
        write_content(tmp_path / "other.ckpt", content)
        with pytest.raises(CheckpointError, match=message):
            read_phase_1(tmp_path / "other.ckpt", ENCODER)
    with pytest.raises(CheckpointError, match=r"^phase_1_ckpt=nowhere.ckpt: .*phase_1/$"):
        read_phase_1(Path("nowhere.ckpt"), ENCODER)


def test_it_is_copied_into_the_runs_own_folder(first, table, tmp_path):
    found = read_phase_1(first, ENCODER)
    adopt_phase_1(found, table, "demo", tmp_path / "new")
    copied = tmp_path / "new/checkpoints/phase_1/best.ckpt"
    assert copied.read_bytes() == first.read_bytes()
    adopt_phase_1(replace(found, file=copied), table, "demo", tmp_path / "new")


@pytest.mark.parametrize("swap", [{"train": "val", "val": "train"}, {"val": "test", "test": "val"}])
def test_an_encoder_that_has_seen_what_is_tested_on_is_refused(first, table, tmp_path, swap):
    found = read_phase_1(first, ENCODER)
    leaky = replace(table, splits=tuple(swap.get(str(one), one) for one in table.splits))
    # Whether or not anything else about the data has changed.
    changed = replace(leaky, columns={"text": TextColumn(["changed"] * len(leaky))})
    for samples in (leaky, changed):
        with pytest.raises(CheckpointError, match=r"on \d+ samples that this run validates or"):
            adopt_phase_1(found, samples, "demo", tmp_path / "leaky")
    assert not (tmp_path / "leaky").exists()
    adopt_phase_1(found, leaky, "another", tmp_path / "transferred")


def test_a_resumed_phase_2_needs_its_phase_1_run_no_more(planned, configured, first, tmp_path):
    gone = ("phase=2", "phase_1_ckpt=gone.ckpt", "ckpt=last")
    plan = planned(configured("modality=image_contrastive", *gone))
    content = read_content(first)
    content["lfx"]["provenance"]["settings"]["encoder"] = plan.settings["encoder"]
    own = tmp_path / "run/checkpoints/phase_1/best.ckpt"
    write_content(own, content)
    found = plan.read_phase_1(tmp_path / "run", resumed=True)
    assert found is not None
    assert found.file == own
    # One that begins anew in the same folder takes what it was given.
    with pytest.raises(CheckpointError, match=r"^phase_1_ckpt=gone.ckpt: there is no such file"):
        plan.read_phase_1(tmp_path / "run", resumed=False)
    assert planned(configured("modality=image")).read_phase_1(tmp_path, resumed=False) is None
