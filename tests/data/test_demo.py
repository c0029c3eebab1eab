from __future__ import annotations

import json
from collections import Counter

import pytest

from lfx.data.demo import DemoSource
from lfx.data.mvsa import MvsaSource
from lfx.data.prepare import SplitPlan, load_labelled
from lfx.runtime.errors import DataError


def contents(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo") / "demo"
    return root, DemoSource(str(root), pairs=900).read()


def test_the_shares_are_those_of_the_real_data(demo):
    _, reading = demo
    assert reading.classes == ("negative", "neutral", "positive")
    assert len(reading.samples) == 900
    assert reading.bad == ()
    counts = Counter(sample.label for sample in reading.samples)
    for label, share in enumerate((0.3, 0.1, 0.6)):
        assert counts[label] / 900 == pytest.approx(share, abs=0.04)


def test_it_reads_like_any_mvsa_folder(demo):
    root, reading = demo
    assert MvsaSource(str(root)).read() == reading
    assert {path.suffix for path in (root / "data").iterdir()} == {".jpg", ".txt"}


def test_it_trains_as_it_is(demo, tmp_path):
    root, _ = demo
    table = load_labelled(
        DemoSource(str(root)), SplitPlan("grouped"), drop_bad=False, cache_dir=tmp_path
    )
    sizes = Counter(table.splits)
    assert sizes["val"] == pytest.approx(90, abs=4)
    assert sizes["test"] == pytest.approx(90, abs=4)
    assert len(set(table.groups)) < 900  # there are retweets


def test_it_is_generated_alike_everywhere_and_once(tmp_path):
    DemoSource(str(tmp_path / "a"), pairs=120).read()
    DemoSource(str(tmp_path / "b" / "c"), pairs=120).read()
    assert contents(tmp_path / "a") == contents(tmp_path / "b" / "c")
    stamp = (tmp_path / "a" / "data" / "1.jpg").stat().st_mtime_ns
    DemoSource(str(tmp_path / "a"), pairs=120).read()
    assert (tmp_path / "a" / "data" / "1.jpg").stat().st_mtime_ns == stamp
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_another_number_of_pairs_is_generated_anew(tmp_path):
    root = tmp_path / "demo"
    for pairs in (120, 100, 120):
        assert len(DemoSource(str(root), pairs=pairs).read().samples) == pairs
        assert len(list((root / "data").iterdir())) == 2 * pairs


def test_an_interrupted_folder_is_generated_anew(tmp_path):
    root = tmp_path / "demo"
    root.mkdir()
    assert len(DemoSource(str(root), pairs=100).read().samples) == 100
    (root / "demo.json").write_text('{"version": 0, "pairs": 100}', encoding="utf-8")
    (root / "data" / "1.jpg").unlink()
    assert DemoSource(str(root), pairs=100).read().bad == ()


@pytest.mark.parametrize("marker", [None, "{broken", "[]", '{"name": "mine"}', "7"])
def test_a_foreign_folder_is_left_alone(tmp_path, marker):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    if marker is not None:
        (tmp_path / "demo.json").write_text(marker, encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(DataError, match="holds something other than demo data; give another"):
        DemoSource(str(tmp_path), pairs=100).read()
    assert contents(tmp_path) == before


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "demo").write_text(json.dumps({}), encoding="utf-8")
    with pytest.raises(DataError, match="holds something other than demo data"):
        DemoSource(str(tmp_path / "demo"), pairs=100).read()
