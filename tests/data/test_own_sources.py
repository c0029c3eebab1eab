"""A source from outside of lfx may return anything: what is wrong is told before any work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lfx.data.column import TextColumn
from lfx.data.decoding import DEFAULT
from lfx.data.gather import gather
from lfx.data.reading import Reading, Sample, Samples
from lfx.runtime.errors import DataError

SAMPLE = Sample("a", 0, {"text": "text", "image": Path("a.png")})


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, r"Source\.read must return an lfx Reading; it returned a NoneType"),
        ([SAMPLE], "it returned a list"),
        (Reading((SAMPLE,), ("x", "x")), "class names repeat: x, x"),
        (Reading((SAMPLE,), (0, 1)), "class names must be texts, got 0, 1"),
        (Reading(None, ("x", "y")), "must return an lfx Reading"),
        (Reading(({"id": "a"},), ("x", "y")), "samples must be lfx's Sample, got a dict"),
        (Reading((replace(SAMPLE, label=True),), ("x", "y")), "got True"),
        (Reading((replace(SAMPLE, columns="text"),), ("x", "y")), "columns must be a mapping"),
        (
            Reading((SAMPLE, Sample("b", 0, {"text": 3})), ("x", "y")),
            r"column text: a column holds texts \(str\), files .* or numbers .*; got int, str",
        ),
        (
            Reading((Sample("a", 0, {"x": [1, 2]}), Sample("b", 0, {"x": [1]})), ("x", "y")),
            r"column x: numbers of features differ between samples: \[1, 2\]",
        ),
        (Reading(Samples(["a"], {}, [0, 1]), ("x", "y")), "there are 1 ids, but labels 2"),
        (Reading(Samples(["a"], {"x": ["y"]}, [0]), ("x", "y")), "lfx's TextColumn, .*; x is not"),
        (Reading(Samples(["a"], {}, [2]), ("x", "y")), "indices below 2"),
        (Reading(Samples(["a"], {}, [0]), ()), "indices below 0"),
        (Reading(Samples(["a"], {"x": None}, [0]), ("x", "y")), "TextColumn, .*; x is not"),
        (Reading(Samples(["a"], None, [0]), ("x", "y")), "columns must be a mapping .*got None"),
        (Reading(Samples(["a"], {"x": TextColumn([])}, [0]), ("x",)), "are 1 ids, but x 0$"),
        (Reading(Samples(["a"], {}, None), ("x", "y")), "labels must be a sequence"),
        (
            Reading(Samples(["a"], {}, ["x"]), ("x", "y")),
            "labels must be integers or None, got 'x'",
        ),
        (Reading(Samples(["a"], {}, np.array([np.nan])), ("x", "y")), "labels must be .*nan"),
        (Reading(Samples(["a"], {}, [True]), ("x", "y")), "labels must be .*got True"),
        (
            Reading(Samples([1], {}, [0], splits=[2], groups=[3]), ("x", "y")),
            "ids must be texts, got 1; splits must be texts or None, got 2; groups must .*, got 3$",
        ),
        (
            Reading((Sample("a", 0, {"x": np.array(1.0)}),), ("x", "y")),
            r"column x: numbers are \(features,\) or \(time, features\); got float64 of shape \(\)",
        ),
        (Reading((replace(SAMPLE, group=3),), ("x", "y")), "group must be None or a text, got 3"),
        (Reading((replace(SAMPLE, id=3),), ("x", "y")), "a sample's id must be a text, got 3$"),
        (
            Reading((replace(SAMPLE, label=2),), ("x", "y")),
            "an index below 2, the number of classes, got 2",
        ),
        (Reading((replace(SAMPLE, label=-1),), ("x", "y")), "got -1"),
        (Reading((replace(SAMPLE, label="x"),), ("x", "y")), "got 'x'"),
        (Reading((replace(SAMPLE, label=0.0),), ("x", "y")), "got 0.0"),
    ],
)
def test_what_a_source_returns_is_checked(tmp_path, returned, message):
    class Source:
        def read(self):
            return returned

    with pytest.raises(DataError, match=message):
        gather(Source(), DEFAULT, drop_bad=False, cache_dir=tmp_path)


def test_samples_may_be_given_one_by_one_and_labels_as_numpys_numbers(make_source, tmp_path):
    whole = make_source(["a text", "b text"], [0, 1]).reading

    class Source:
        def read(self):
            samples = (replace(one, label=np.int64(one.label)) for one in whole.samples)
            return replace(whole, samples=samples)

    table = gather(Source(), DEFAULT, drop_bad=False, cache_dir=tmp_path).table
    assert (table.ids.tolist(), table.labels.tolist()) == (["s000", "s001"], [0, 1])
    assert table.data_fingerprint()


@pytest.mark.parametrize("kind", [object, str])
def test_fields_of_samples_may_be_numpys_arrays(tmp_path, kind):
    class Source:
        def read(self):
            ids, groups, splits = (np.array(list(one), dtype=kind) for one in ("abc", "uuv", "xyy"))
            labels = np.array([0, None, 1]) if kind is object else np.array([0, -1, 1])
            columns = {"text": TextColumn(["one", "two", "three"])}
            return Reading(Samples(ids, columns, labels, splits, groups), ("x", "y"))

    gathered = gather(Source(), DEFAULT, drop_bad=False, cache_dir=tmp_path)
    table = gathered.table
    assert gathered.named_groups
    assert table.ids.tolist() == ["a", "b", "c"]
    assert table.labels.tolist() == [0, -1, 1]
    assert table.groups.tolist() == ["a", "a", "c"]
    assert table.rows("y") == [1, 2]
