from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections import Counter

import pytest

from lfx.data import published
from lfx.data.prepare import SplitPlan, load_labelled
from lfx.data.sources.demo import DemoSource
from lfx.data.sources.mvsa import MvsaSource
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
    again = MvsaSource(str(root)).read()
    assert (list(again.samples), again.notes) == (list(reading.samples), reading.notes)
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


def test_other_settings_leave_what_is_there_alone(tmp_path):
    """Another run may be reading it."""
    root = tmp_path / "demo"
    DemoSource(str(root), pairs=120).read()
    before = contents(root)
    for _ in range(2):
        assert len(DemoSource(str(root), pairs=100).read().samples) == 100
        assert contents(root) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["demo", "demo_100"]
    assert contents(tmp_path / "demo_100") == contents_of(100, tmp_path / "direct")


def contents_of(pairs, root):
    DemoSource(str(root), pairs=pairs).read()
    return contents(root)


def test_a_folder_of_another_version_is_passed_by(tmp_path):
    root = tmp_path / "demo"
    root.mkdir()
    assert len(DemoSource(str(root), pairs=100).read().samples) == 100
    (root / "demo.json").write_text('{"version": 0, "pairs": 100}', encoding="utf-8")
    (root / "data" / "1.jpg").unlink()
    assert DemoSource(str(root), pairs=100).read().bad == ()
    shutil.copytree(root, tmp_path / "demo_100", dirs_exist_ok=True)
    assert DemoSource(str(root), pairs=100).read().bad == ()
    assert (tmp_path / "demo_100_v1").is_dir()
    shutil.copytree(root, tmp_path / "demo_100_v1", dirs_exist_ok=True)
    with pytest.raises(DataError, match="demo, demo_100, demo_100_v1 hold demo data of other"):
        DemoSource(str(root), pairs=100).read()


def test_what_a_killed_run_has_left_is_neither_read_nor_kept(tmp_path):
    root = tmp_path / "demo"
    pid = os.fork()
    if pid == 0:
        DemoSource(str(root), pairs=100_000).read()
        os._exit(0)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".demo.*/data/9.jpg")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert [path.name.startswith(".demo.") for path in tmp_path.iterdir()] == [True]
    assert len(DemoSource(str(root), pairs=100).read().samples) == 100
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_runs_that_start_together_read_the_same_whole_folder(tmp_path):
    root, pids = tmp_path / "demo", []
    for place in range(6):
        pid = os.fork()
        if pid == 0:  # two kinds of settings, three runs each
            reading = DemoSource(str(root), pairs=100 + place % 2).read()
            whole = len(reading.samples) == 100 + place % 2 and not reading.bad
            os._exit(
                0 if whole and all(one.columns["image"].is_file() for one in reading.samples) else 1
            )
        pids.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * 6
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names in (["demo", "demo_100"], ["demo", "demo_101"])


def test_the_loser_of_a_race_reads_the_winners_folder(tmp_path):
    """Where the file system has no locks, each generates, and one gets the name."""
    root, wanted = tmp_path / "demo", {"version": 1, "pairs": 100}
    theirs = tmp_path / "elsewhere"
    DemoSource(str(theirs), pairs=100).read()

    def overtaken(folder):
        (folder / "mine").touch()
        theirs.rename(root)

    assert published._generate([root], wanted, overtaken) == root
    assert not (root / "mine").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


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
