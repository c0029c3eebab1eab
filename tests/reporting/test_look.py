"""A look at one run with its data: they have to be the run's own."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from PIL import Image

from lfx.artifacts.parquet import write_predictions
from lfx.data.column import FileColumn, TextColumn
from lfx.data.samples import SampleTable
from lfx.fusion.schemes.mean import Mean
from lfx.reporting.look import look_at_run
from lfx.runtime.errors import DataError

IDS = ["a", "b", "c", "d"]
LABELS = [0, 1, 2, 0]


@pytest.fixture
def table(tmp_path):
    Image.new("RGB", (40, 30), "navy").save(tmp_path / "one.png")
    columns = {
        "text": TextColumn(["one", "two", "three", "four"]),
        "image": FileColumn([tmp_path / "one.png"] * 4),
    }
    return SampleTable.of(("bad", "so", "good"), ids=IDS, labels=LABELS, columns=columns)


@pytest.fixture
def fused(predicted, fuse_members, leave_job, tmp_path):
    """The folder of a fusion of two members, with the members' paths in its settings."""

    def build(split="test", **metadata):
        members = {
            "text": predicted(IDS, split, LABELS, [1, 1, 2, 1], 0.7, name="text", **metadata),
            "image": predicted(IDS, split, LABELS, [0, 1, 0, 0], 0.9, name="image", **metadata),
        }
        folder = leave_job(tmp_path / "run", fuse_members(members, Mean()), ["fusion=mean"])
        for name, member in members.items():
            write_predictions(tmp_path / f"{name}.parquet", member)
        config = f"members: {{text: {tmp_path}/text.parquet, image: {tmp_path}/image.parquet}}\n"
        (folder / ".hydra/config.yaml").write_text(config)
        (folder / ".hydra/hydra.yaml").write_text(f"hydra: {{runtime: {{cwd: {tmp_path}}}}}")
        (folder / "classes.csv").write_text("")  # as training leaves it
        return folder

    return build


def test_data_are_known_by_their_fingerprint(fused, table):
    folder = fused(data_fingerprint=table.data_fingerprint())
    look_at_run(folder, table, "mine")
    assert (folder / "cases.csv").is_file()
    table = replace(table, ids=["a", "b", "c", "other"])
    with pytest.raises(DataError, match="data=mine: these are not the samples of run="):
        look_at_run(folder, table, "mine")


def test_data_of_a_run_of_schema_1_are_known_by_ids_and_labels(fused, table):
    folder = fused(data_fingerprint="of texts as well", schema_version=1)
    look_at_run(folder, table, "mine")
    assert (folder / "cases.csv").is_file()
    table = replace(table, labels=[0, 1, 2, None])
    with pytest.raises(DataError, match="data=mine: these are not the samples of run="):
        look_at_run(folder, table, "mine")


def test_a_case_study_on_val_says_so(fused, table, caplog):
    caplog.set_level(logging.INFO)
    look_at_run(fused("val", data_fingerprint=table.data_fingerprint()), table, "mine")
    assert "on 4 val samples, fused corrects 2 wrong predictions of text" in caplog.text
    assert "val is reported, which also stopped the training" in caplog.text
