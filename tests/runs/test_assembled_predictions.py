from __future__ import annotations

from dataclasses import replace

from lfx.data.column import TextColumn
from lfx.data.samples import SampleTable
from lfx.runs.checkpoint_content import Provenance
from lfx.runs.predictions import known_splits, trained_id_warnings

TABLE = SampleTable(
    classes=("a", "b"),
    ids=("s0", "s1", "s2"),
    labels=(0, 1, 0),
    groups=("s0", "s1", "s2"),
    splits=("train", "train", "val"),
    columns={"text": TextColumn(["x", "y", "z"])},
)


def trained_on(table: SampleTable) -> Provenance:
    splits = dict(zip(table.ids, table.splits, strict=True))
    prints = table.data_fingerprint(), table.split_fingerprint()
    return Provenance("text", 0, {}, "hash", *prints, splits)


def test_the_data_of_the_training_keep_their_splits():
    found = known_splits(TABLE, trained_on(TABLE))
    assert list(found) == TABLE.splits.tolist()
    assert trained_id_warnings(replace(TABLE, splits=found), trained_on(TABLE)) == []


def test_training_samples_among_others_are_told():
    more = replace(TABLE, ids=("s0", "s1", "another"))
    found = known_splits(more, trained_on(TABLE))
    assert found == (None, None, None)
    (told,) = trained_id_warnings(replace(more, splits=found), trained_on(TABLE))
    assert told.startswith("2 of 3 samples have ids of the model's train split")
    assert "s0, s1" in told
