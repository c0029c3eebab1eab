from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lfx.artifacts.members
from lfx.artifacts.join import join
from lfx.artifacts.members import digest, join_files
from lfx.artifacts.origins import member_warnings
from lfx.artifacts.parquet import read_predictions, write_predictions
from lfx.runtime.errors import ArtifactError, FusionError

ROWS = [("a", "val", None, 0), ("b", "val", None, 1), ("c", "test", None, 2)]


@pytest.fixture
def files(make, tmp_path):
    """Write two members."""
    return {
        name: write(make, tmp_path, name, level) for level, name in enumerate(("text", "image"))
    }


def write(make, folder, name, level, rows=ROWS):
    path = folder / f"{name}.parquet"
    logits = [[float(place + level), 0.5, -1.0] for place in range(len(rows))]
    write_predictions(path, make(rows, logits=logits, name=name))
    return str(path)


@pytest.fixture
def reads(monkeypatch):
    """Count what is read, from a clean slate."""
    seen = []

    def reading(path):
        seen.append(path.name)
        return read_predictions(path)

    monkeypatch.setattr(lfx.artifacts.members, "read_predictions", reading)
    for cache in ("_joined", "_read", "_content_hash"):
        getattr(lfx.artifacts.members, cache).cache_clear()
    return seen


def test_files_are_joined_as_their_content_is(files):
    got = join_files(files)
    want = join({name: read_predictions(Path(path)) for name, path in files.items()})
    assert got.names == want.names == ("image", "text")
    assert got.sample_id.tolist() == want.sample_id.tolist()
    np.testing.assert_array_equal(got.logits, want.logits)
    assert [origin.name for origin in got.origins] == ["image", "text"]


def test_a_second_call_reads_nothing(files, reads):
    one = join_files(files)
    assert sorted(reads) == ["image.parquet", "text.parquet"]
    assert join_files(dict(reversed(files.items()))) is one
    assert len(reads) == 2
    # Another treatment of gaps is another join, of the same files.
    assert join_files(files, "renormalise") is not one
    assert join_files({"image": files["image"]}).names == ("image",)
    assert len(reads) == 2


def test_a_file_that_has_changed_is_read_again(files, reads, make, tmp_path):
    one = join_files(files)
    write(make, tmp_path, "text", 5)
    os.utime(files["text"], ns=(0, 12345))
    two = join_files(files)
    assert reads.count("text.parquet") == 2
    assert reads.count("image.parquet") == 1
    assert two.logits[1, 0, 0] == one.logits[1, 0, 0] + 5


def test_gaps_are_treated_as_asked(make, tmp_path, files):
    files["text"] = write(make, tmp_path, "text", 0, [ROWS[0], ROWS[2]])
    with pytest.raises(ArtifactError, match="text lacks 1 samples that image has: b"):
        join_files(files)
    assert join_files(files, "renormalise").missing() == {"text": {"val": 1}}
    assert join_files(files, "drop").dropped == {"val": 1}


def test_all_that_cannot_be_read_is_named(files, tmp_path):
    (tmp_path / "broken.parquet").write_bytes(b"no such thing")
    wrong = files | {"audio": f"{tmp_path}/none.parquet", "video": f"{tmp_path}/broken.parquet"}
    with pytest.raises(FusionError, match="train it first") as caught:
        join_files(wrong)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("member audio: ")
    assert "none.parquet" in lines[0]
    assert any(line.startswith("member video: ") for line in lines)
    assert lines[-1].startswith("train it first (python -m lfx.train modality=… data=…), point to")
    assert "~members.NAME" in lines[-1]
    assert not any(line.startswith(("member image", "member text")) for line in lines)


def test_an_error_is_not_remembered(make, tmp_path, files):
    missing = files | {"audio": f"{tmp_path}/audio.parquet"}
    with pytest.raises(FusionError, match="member audio: "):
        join_files(missing)
    write(make, tmp_path, "audio", 2)
    assert join_files(missing).names == ("audio", "image", "text")


def test_a_digest_is_of_names_and_contents(files, make, tmp_path):
    one = digest(files)
    assert re.fullmatch("[0-9a-f]{12}", one)
    assert digest(dict(reversed(files.items()))) == one
    os.utime(files["text"], ns=(0, 12345))
    assert digest(files) == one
    copied = tmp_path / "copy.parquet"
    copied.write_bytes((tmp_path / "text.parquet").read_bytes())
    assert digest(files | {"text": str(copied)}) == one
    assert digest({"image": files["image"], "words": files["text"]}) != one
    assert digest({"image": files["text"], "text": files["image"]}) != one
    write(make, tmp_path, "text", 1)
    assert digest(files) != one


def test_a_digest_of_what_is_not_there(tmp_path, make):
    path = tmp_path / "text.parquet"
    one = digest({"text": str(path)})
    assert re.fullmatch("[0-9a-f]{12}", one)
    write(make, tmp_path, "text", 1)
    assert digest({"text": str(path)}) != one


def test_members_that_have_read_a_column_in_two_states_give_a_warning(make):
    text, joint, image = (
        replace(make(ROWS, name=name).metadata, columns=columns)
        for name, columns in (
            ("text", {"text": "t1"}),
            ("joint", {"text": "t2", "image": "i1"}),
            ("image", {"image": "i1"}),
        )
    )
    (warning,) = member_warnings({"text": text, "joint": joint, "image": image})
    assert warning.startswith("members have read column text with different contents: text; joint.")
    assert member_warnings({"text": text, "image": image}) == []
    # A fusion of both has read both states, and then so has whoever is fused with it.
    fused = replace(text, name="fused", columns={"text": "t1+t2", "image": "i1"})
    (warning,) = member_warnings({"fused": fused, "text": text, "joint": joint})
    assert "column text with different contents: fused; text; joint." in warning
    assert member_warnings({"fused": fused, "image": image}) == []
    # What a file of schema 1 has read is not known.
    old = replace(text, name="old", columns={}, schema_version=1)
    assert not any("column" in one for one in member_warnings({"old": old, "joint": joint}))


def test_fingerprints_of_different_schemas_give_a_warning(make):
    new, old = make(ROWS, name="new").metadata, make(ROWS, name="old", schema_version=1).metadata
    third = replace(old, name="third")
    (warning,) = member_warnings({"new": new, "old": old, "third": third})
    assert "(schema 1: old, third; schema 2: new)" in warning
    assert "compared by ids, labels and groups, on the samples that they share, only" in warning
    assert member_warnings({"old": old, "third": third}) == []


def test_members_of_one_run_or_of_different_seeds_give_warnings(make):
    metadata = make(ROWS, name="text").metadata
    other = replace(metadata, name="image")
    assert member_warnings({"text": metadata, "image": other}) == []
    assert member_warnings({"text": metadata, "image": other, "third": metadata}) == [
        "members text and third are the same run, which counts 2 times"
    ]
    assert member_warnings({"text": metadata, "image": replace(other, seed=metadata.seed + 2)}) == [
        (
            f"members were trained with different seeds: text {metadata.seed}, "
            f"image {metadata.seed + 2}"
        )
    ]
