"""The case study: which tweets a fusion corrected or corrupted, with tweet, picture and scores."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lfx.data.column import FileColumn, NumberColumn, TextColumn
from lfx.data.samples import SampleTable
from lfx.reporting.case_files import write_cases
from lfx.reporting.cases import study_cases
from lfx.runtime.errors import ArtifactError

IDS = ["a", "b", "c", "d"]
LABELS = [0, 1, 2, 0]


@pytest.fixture
def table(tmp_path):
    images = []
    for name in IDS:
        images.append(tmp_path / f"{name}.png")
        Image.new("RGB", (40, 30), "navy").save(images[-1])
    texts = ["costs $5 | now_^", "皆さん 😀", "so long " * 60, None]
    images[3] = images[3].read_bytes()  # a table may hold the picture itself
    columns = {"text": TextColumn(texts), "image": FileColumn(images)}
    return SampleTable(("bad", "so", "good"), IDS, LABELS, IDS, [None] * 4, columns)


@pytest.fixture
def members(predicted):
    return {
        # Right on b and c.
        "text": predicted(IDS, "test", LABELS, [1, 1, 2, 1], 0.7),
        # Right on all but c.
        "image": predicted(IDS, "test", LABELS, [0, 1, 0, 0], 0.9, modality="image"),
    }


@pytest.fixture
def fused(predicted, members):
    logits = np.log((members["text"].probabilities() + members["image"].probabilities()) / 2)
    about = predicted(IDS, "test", LABELS, LABELS, name="mean", modality="fusion")
    about.logits[:] = logits
    return about


def test_cases_are_told_with_all_probabilities(members, fused, table, tmp_path):
    study = study_cases(fused, members, table)
    assert (study.against, study.split, study.samples) == ("text", "test", 4)
    assert [case.sample_id for case in study.of("corrected")] == ["a", "d"]
    assert [case.sample_id for case in study.of("corrupted")] == ["c"]
    written = write_cases(study, 1, tmp_path)
    assert [file.name for file in written] == ["cases.csv", "cases.md", "cases.tex", "cases.png"]
    with (tmp_path / "cases.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["kind"], row["rank"], row["id"]) for row in rows] == [
        ("corrected", "1", "a"),
        ("corrected", "2", "d"),
        ("corrupted", "1", "c"),
    ]
    first = rows[0]
    assert (first["label"], first["text"]) == ("bad", "costs $5 | now_^")
    assert first["image"].endswith("a.png")
    assert float(first["text so"]) == pytest.approx(0.7)
    assert float(first["image bad"]) == pytest.approx(0.9)
    assert float(first["mean bad"]) == pytest.approx((0.15 + 0.9) / 2)
    shown = (tmp_path / "cases.md").read_text(encoding="utf-8").splitlines()
    assert len(shown) == 2 + 2  # one of each kind
    assert "costs $5 \\| now_^" in shown[2]
    with Image.open(tmp_path / "cases.png") as image:
        assert min(image.size) > 200


def test_any_member_can_be_compared_with(members, fused, table):
    study = study_cases(fused, members, table, "image")
    assert study.against == "image"
    assert not study.cases
    with pytest.raises(ArtifactError, match=r"against=sound: there is no such member; .* image, t"):
        study_cases(fused, members, table, "sound")


def test_without_cases_there_is_no_picture(members, fused, table, tmp_path):
    study = study_cases(fused, members, table, "image")
    written = write_cases(study, 3, tmp_path)
    assert [file.name for file in written] == ["cases.csv", "cases.md", "cases.tex"]
    header = (tmp_path / "cases.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header.endswith("image good,text bad,text so,text good,mean bad,mean so,mean good")


def test_a_member_may_be_called_as_the_fusion_is(members, fused, table):
    others = {"text": members["text"], "mean": members["image"]}
    with pytest.raises(ArtifactError, match="has the same name as the fusion"):
        study_cases(fused, others, table)


def test_members_of_other_data_are_refused(predicted, fused, table):
    other = predicted(IDS, "test", LABELS, LABELS, data_fingerprint="e")
    with pytest.raises(ArtifactError, match="data"):
        study_cases(fused, {"text": other}, table)


def test_without_labels_nothing_is_wrong(predicted, table):
    blank = predicted(IDS, "predict", [None] * 4, LABELS)
    with pytest.raises(ArtifactError, match="no sample has a label"):
        study_cases(blank, {"text": blank}, table)


@pytest.mark.parametrize("split", ["val", "oof"])
def test_the_test_split_comes_first_and_others_after_it(predicted, table, split):
    ids = ["a", "b", "c", "d"]
    both = predicted(ids, ["test", "test", split, split], LABELS, LABELS)
    assert study_cases(both, {"text": both}, table).split == "test"
    both = predicted(ids, [split, split, "predict", "predict"], LABELS, LABELS)
    assert study_cases(both, {"text": both}, table).split == "predict"
    alone = predicted(ids, split, LABELS, LABELS)
    assert study_cases(alone, {"text": alone}, table).split == split


def test_a_member_that_lacks_a_sample_says_nothing(predicted, members, fused, table, tmp_path):
    some = predicted(IDS[1:], "test", LABELS[1:], [1, 0, 0], 0.9)
    study = study_cases(fused, {"text": members["text"], "image": some}, table)
    first = study.of("corrected")[0]
    assert first.sample_id == "a"
    assert set(first.scores) == {"text", "mean"}
    write_cases(study, 2, tmp_path)
    with (tmp_path / "cases.csv").open(newline="", encoding="utf-8") as stream:
        row = next(csv.DictReader(stream))
    assert row["image bad"] == ""
    assert float(row["text so"]) == pytest.approx(0.7)


def test_a_picture_of_an_earlier_look_does_not_stay(members, fused, table, tmp_path):
    write_cases(study_cases(fused, members, table), 1, tmp_path)
    assert (tmp_path / "cases.png").is_file()
    write_cases(study_cases(fused, members, table, "image"), 1, tmp_path)
    assert not (tmp_path / "cases.png").exists()


@pytest.mark.parametrize(
    "images",
    [
        FileColumn([b"broken"] * 4),
        FileColumn(["/nowhere/gone.png"] * 4),
        NumberColumn.of([[1.0, 2.0]] * 4),
    ],
    ids=["broken", "gone", "numbers"],
)
def test_a_picture_that_cannot_be_read_stops_no_report(members, fused, table, tmp_path, images):
    table = replace(table, columns={**table.columns, "image": images})
    study = study_cases(fused, members, table)
    assert write_cases(study, 2, tmp_path)[-1] == tmp_path / "cases.png"
    held = {case.image is None for case in study.cases}
    assert held == {isinstance(images, NumberColumn)}
    numbers = {**table.columns, "text": NumberColumn.of([[1.0, 2.0]] * 4)}
    plain = study_cases(fused, members, replace(table, columns=numbers))
    assert {case.text for case in plain.cases} == {None}
