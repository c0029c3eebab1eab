"""Joint batches: each part of the samples that have it, in any order of the names."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pytest
import torch

from lfx.data.column import TextColumn
from lfx.modalities.image.modality import ImageModality
from lfx.modalities.joint.batch import JointCollate, PartInputs, joint_lengths
from lfx.modalities.joint.concat import Concat
from lfx.modalities.joint.modality import JointModality
from lfx.modalities.modality import NO_EPOCH, Inputs
from lfx.modalities.text.augmentation import TextAugmentation
from lfx.modalities.text.modality import TextModality
from lfx.modalities.text.ngrams import NgramsEncoder
from lfx.runtime.errors import ConfigError, DataError


@pytest.fixture
def modality(builders):
    return JointModality(builders)


def test_a_part_reads_the_column_of_its_name_unless_told_otherwise(builders):
    given = {"image": ImageModality(column="photo"), "text": {"column": "caption"}}
    for inputs, columns in (({}, ("image", "text")), (given, ("photo", "caption"))):
        modality = JointModality(builders, inputs)
        assert modality.columns() == columns
        assert list(modality.parts) == ["image", "text"]
        assert isinstance(modality.parts["text"], TextModality)
    both = JointModality(
        {"one": builders["text"], "other": builders["text"]}, {"other": {"column": "one"}}
    )
    assert both.columns() == ("one",)


def test_settings_reach_what_reads_a_part(builders):
    changes = {"augmentation": {"token_drop": 0.5}}
    modality = JointModality(builders, {"text": changes})
    assert modality.parts["text"].augmentation == TextAugmentation(token_drop=0.5)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"sound": {}}, r"modality\.inputs\.sound is of no part; the parts are image, text"),
        ({"text": {"colum": "a"}}, "modality.inputs.text: .*TextModality has no setting colum"),
        ({"text": {"augmentation": {"token_drop": 3}}}, "text.augmentation.token_drop must be at"),
        ({"text": {"augmentation": {"delete": 3}}}, "modality.inputs.text: .*unexpected keyword"),
        ({"text": ImageModality()}, "inputs.text reads image, and modality.encoders.text needs"),
    ],
)
def test_what_cannot_read_a_part_is_refused(builders, inputs, message):
    with pytest.raises(ConfigError, match=message):
        JointModality(builders, inputs)


def test_messages_of_a_part_name_its_own_settings(builders, table, make_joint, tmp_path, caplog):
    photo = ImageModality(column="photo")
    modality = JointModality(builders, {"image": photo, "text": {"column": "image"}})
    image, text = (modality.parts[name] for name in ("image", "text"))
    with pytest.raises(DataError, match=r"\. modality\.inputs\.image\.column=NAME reads another"):
        image.present(table)
    with pytest.raises(DataError, match=r"\. modality\.column=NAME reads another"):
        photo.present(table)
    message = r"modality\.inputs\.text reads texts; modality\.inputs\.text\.column=NAME reads"
    with pytest.raises(DataError, match=f"column image holds files, and {message}"):
        text.present(table)
    dropping = {"text": {"augmentation": {"token_drop": 0.5}}}
    words = JointModality({"text": NgramsEncoder()}, dropping).parts["text"]
    encoder = NgramsEncoder(min_df=1).build(["good morning", "good night"])
    with pytest.raises(ConfigError, match=r"modality\.inputs\.text\.augmentation\.token_drop=0"):
        words.inputs(table, [0], encoder, tmp_path)
    caplog.set_level(logging.INFO)
    whole, encoder = JointModality(builders), make_joint(Concat())
    long = replace(table, columns={**table.columns, "text": TextColumn(["a b " * 50] * len(table))})
    whole.inputs(long, [0, 1], encoder, tmp_path)
    assert "cut off (modality.encoders.text.max_length, in training)" in caplog.text


def test_names_that_no_part_can_have_are_refused(builders):
    with pytest.raises(ConfigError, match=r"(?s)'a\.b'.*column=COLUMN\n.*'items'"):
        JointModality({"a.b": builders["text"], "items": builders["image"]})
    with pytest.raises(ConfigError, match="a joint model needs an encoder"):
        JointModality({})


def test_a_sample_needs_one_part_at_least(modality, lacking):
    present = modality.present(lacking)
    assert present.all()
    texts, images = (lacking.columns[name].present for name in ("text", "image"))
    assert 0 < texts.sum() < len(texts)
    assert 0 < images.sum() < len(images)
    few = lacking.at(np.flatnonzero(~images))
    no_text = few.columns["text"].without(np.ones(len(few), dtype=bool))
    bare = replace(few, columns={**few.columns, "text": no_text})
    assert modality.present(few).all()
    assert not modality.present(bare).any()
    with pytest.raises(TypeError, match="reads several columns: image, text"):
        modality.read(lacking)


def test_content_is_by_sample_and_part(modality, lacking):
    rows = lacking.rows("train")[:20]
    contents = modality.content(lacking, rows)
    for row, content in zip(rows, contents, strict=True):
        there = {name for name in ("text", "image") if lacking.columns[name].present[row]}
        assert set(content) == there
        if "text" in there:
            assert content["text"] == lacking.columns["text"][row]


def test_problems_are_told_by_part(builders, lacking, tmp_path):
    class Strict(TextModality):
        def problems_of(self, table, rows, cache_dir):
            del cache_dir
            assert table.columns["text"].present[rows].all()
            return {row: "is too short" for row in rows if row % 2}

    class Blind(ImageModality):
        def problems_of(self, table, rows, cache_dir):
            del table, cache_dir
            return {row: "is black" for row in rows if row % 3 == 0}

    modality = JointModality(builders, {"text": Strict(), "image": Blind()})
    found = modality.problems(lacking.at(range(12)), tmp_path)
    texts, images = (lacking.columns[name].present for name in ("text", "image"))
    assert list(found["text"]) == [row for row in range(12) if row % 2 and texts[row]]
    assert list(found["image"]) == [row for row in range(12) if row % 3 == 0 and images[row]]
    assert found["image"][3] == "is black"


def test_a_batch_holds_each_part_of_the_samples_that_have_it(
    modality, make_joint, lacking, tmp_path
):
    encoder, rows = make_joint(Concat()), lacking.rows("train")
    inputs = modality.inputs(lacking, rows, encoder, tmp_path)
    positions = list(range(14))[::-1]
    batch = inputs.collate(positions, NO_EPOCH, 1)
    for name, part in modality.parts.items():
        present = lacking.columns[name].present[[rows[position] for position in positions]]
        assert 0 < present.sum() < len(positions)
        assert batch[f"{name}:present"].tolist() == present.tolist()
        assert batch[f"{name}:rows"].tolist() == np.flatnonzero(present).tolist()
        having = [
            rows[position]
            for position in positions
            if lacking.columns[name].present[rows[position]]
        ]
        alone = part.inputs(lacking, having, encoder.part(name), tmp_path)
        expected = alone.collate(list(range(len(having))), NO_EPOCH, 1)
        for key, value in expected.items():
            assert torch.equal(batch[f"{name}/{key}"], value)
    encoder.eval()
    assert encoder(batch).shape == (14, encoder.features)


def test_training_samples_are_augmented_as_in_a_unimodal_model(
    modality, make_joint, table, tmp_path
):
    encoder, rows = make_joint(Concat()), table.rows("train")
    joint = modality.inputs(table, rows, encoder, tmp_path, seed=3)
    for name, part in modality.parts.items():
        alone = part.inputs(table, rows, encoder.part(name), tmp_path, 3)
        for views in (1, 2):
            batch = joint.collate([5, 2, 9], 4, views)
            for key, value in alone.collate([5, 2, 9], 4, views).items():
                assert torch.equal(batch[f"{name}/{key}"], value), (name, views)


def test_all_first_views_come_first():
    def collate(positions, _epoch, views):
        return {"place": torch.tensor(positions).repeat(views)}

    places = np.array([0, -1, 1, -1, 2])
    joint = JointCollate({"text": PartInputs(Inputs(collate, [1, 1, 1]), places)})
    batch = joint([4, 1, 0], 0, 2)
    assert batch["text/place"].tolist() == [2, 0, 2, 0]
    assert batch["text:rows"].tolist() == [0, 2, 3, 5]
    assert batch["text:present"].tolist() == [True, False, True] * 2
    assert list(joint([1, 3], 0, 1)) == ["text:present"]


def test_lengths_of_several_parts_are_relative_to_their_means():
    def inputs(lengths, places):
        return PartInputs(Inputs(lambda *_: {}, lengths), np.array(places))

    text = inputs([10, 20, 30], [0, 1, -1, 2])
    image = inputs([1, 1, 1], [-1, 0, 1, 2])
    assert joint_lengths({"text": text, "image": image}) == [500, 2000, 1000, 2500]
    assert joint_lengths({"image": image, "text": text}) == [500, 2000, 1000, 2500]
    whole = inputs([7, 5, 6], [0, 1, 2])
    assert joint_lengths({"text": whole}) == [7, 5, 6]
    nobody = inputs([], [-1, -1, -1])
    assert joint_lengths({"audio": nobody, "text": whole}) == [1167, 833, 1000]
