"""A source from outside of lfx may return anything: what is wrong is told before any work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from lfx.data.decoding import DEFAULT
from lfx.data.gather import gather
from lfx.data.samples import Reading, Sample
from lfx.runtime.errors import DataError

SAMPLE = Sample("a", "text", Path("a.png"), 0)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        (None, r"Source\.read must return an lfx Reading; it returned a NoneType"),
        ([SAMPLE], "it returned a list"),
        (Reading((SAMPLE,), ("x", "x")), "class names repeat: "),
        (Reading((replace(SAMPLE, id=3),), ("x", "y")), "got id 3, text 'text', label 0"),
        (Reading((replace(SAMPLE, text=None),), ("x", "y")), "got id 'a', text None"),
        (Reading((replace(SAMPLE, label=2),), ("x", "y")), "an index below 2, .* label 2"),
        (Reading((replace(SAMPLE, label=-1),), ("x", "y")), "label -1"),
        (Reading((replace(SAMPLE, label="x"),), ("x", "y")), "label 'x'"),
        (Reading((replace(SAMPLE, label=0.0),), ("x", "y")), "label 0.0"),
    ],
)
def test_what_a_source_returns_is_checked(tmp_path, returned, message):
    class Source:
        def read(self):
            return returned

    with pytest.raises(DataError, match=message):
        gather(Source(), DEFAULT, drop_bad=False, cache_dir=tmp_path)


def test_samples_may_be_given_one_by_one(make_source, tmp_path):
    whole = make_source(["a text", "b text"], [0, 1]).reading

    class Source:
        def read(self):
            return replace(whole, samples=(sample for sample in whole.samples))

    assert gather(Source(), DEFAULT, drop_bad=False, cache_dir=tmp_path).table.ids == (
        "s000",
        "s001",
    )
