"""Which samples a model can use, and what is left out, named or taken away."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from lfx.data.column import FileColumn, TextColumn
from lfx.data.samples import SampleTable
from lfx.modalities.image.modality import ImageModality
from lfx.modalities.text.modality import TextModality
from lfx.modalities.usable import find_usable
from lfx.runtime.errors import DataError


@pytest.fixture
def samples(tmp_path, draw):
    """Six samples: c has no text, d no image; the image of e is broken, and f has nothing."""
    images = []
    for row in range(6):
        images.append(tmp_path / f"{row}.png")
        draw(row).save(images[-1])
    images[4].write_bytes(images[4].read_bytes()[:60])
    return SampleTable.of(
        ("x", "y"),
        ids=[*"abcdef"],
        labels=[0, 1] * 3,
        splits=["train", "train", "train", "val", "val", "test"],
        columns={
            "text": TextColumn(["one", "two", None, "four", "five", None]),
            "image": FileColumn([*images[:3], None, images[4], None]),
        },
    )


def test_a_model_uses_the_samples_that_have_its_content(samples, tmp_path, caplog):
    usable = find_usable(TextModality(), samples, tmp_path, drop_bad=False)
    part = usable.of(samples)
    assert part.ids.tolist() == [*"abde"]
    (warning,) = caplog.messages
    assert warning == (
        "2 of 6 samples have no text and are left out: train 2 of 3, val 2 of 2, test 0 of 1"
    )
    assert part.data_fingerprint() == samples.data_fingerprint()
    assert part.split_fingerprint() == samples.split_fingerprint()
    text = [one.column_fingerprint("text", tmp_path) for one in (part, samples)]
    assert text[0] == text[1]


def test_broken_content_stops_its_own_model_alone(samples, tmp_path, caplog):
    with pytest.raises(DataError, match=r"bad samples: 1\n  e: the image is damaged: .*4\.png"):
        find_usable(ImageModality(), samples, tmp_path, drop_bad=False)
    caplog.set_level(logging.INFO)
    usable = find_usable(ImageModality(), samples, tmp_path, drop_bad=True)
    assert usable.of(samples).ids.tolist() == [*"abc"]
    assert "bad samples dropped: 1\n  e: the image is damaged" in caplog.text
    assert "2 of 6 samples have no image and are left out: train 3 of 3" in caplog.text


def test_usable_samples_are_the_same_in_every_fold(samples, tmp_path):
    usable = find_usable(TextModality(), samples, tmp_path, drop_bad=False)
    fold = samples.with_splits(["oof", "train", "train", "val", "oof", "test"])
    part = usable.of(fold)
    assert part.splits.tolist() == ["oof", "train", "val", "oof"]
    assert part.split_fingerprint() == fold.split_fingerprint() != samples.split_fingerprint()


def test_flaws_of_cells_are_problems_of_the_column(tmp_path):
    table = SampleTable.of(
        ("x", "y"),
        ids=["a", "b", "c"],
        labels=[0, 1, 0],
        columns={"text": TextColumn(["one", None, None], {1: "its text is a list, not a text"})},
    )
    with pytest.raises(DataError, match="b: its text is a list, not a text"):
        find_usable(TextModality(), table, tmp_path, drop_bad=False)
    usable = find_usable(TextModality(), table, tmp_path, drop_bad=True)
    assert usable.of(table).ids.tolist() == ["a"]
    assert np.array_equal(usable.dropped["text"], [False, True, False])
