from __future__ import annotations

from lfx.runs.status import RunStatus
from lfx.runs.unfinished import differing_settings, newest_checkpoint, unfinished_runs


def test_unfinished_runs_are_those_that_ended_early_the_newest_first(tmp_path):
    for name, started, state, heir in (
        ("a", "1", "interrupted", None),
        ("b", "3", "failed", None),
        ("c", "2", "interrupted", None),
        ("done", "4", "completed", None),
        ("taken", "5", "interrupted", "c"),
        ("this", "6", "interrupted", None),
    ):
        status = RunStatus("train", state=state, started=started, resumed_by=heir)
        status.write(tmp_path / name)
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged/status.json").write_text("{")
    found = unfinished_runs(tmp_path / "this")
    assert [folder.name for folder in found] == ["b", "c", "a"]
    assert unfinished_runs(tmp_path / "nowhere/this") == []


def test_the_newest_checkpoint_is_that_of_the_latest_phase(leave_unfinished, tmp_path, caplog):
    assert newest_checkpoint(tmp_path) is None
    leave_unfinished(tmp_path, "1", {}, phase=1)
    first = newest_checkpoint(tmp_path)
    assert first is not None
    assert first.phase == 1
    leave_unfinished(tmp_path, "1", {}, phase=2)
    second = newest_checkpoint(tmp_path)
    assert second is not None
    assert (second.phase, second.file) == (2, tmp_path / "checkpoints/last.ckpt")
    (tmp_path / "checkpoints/last.ckpt").write_bytes(b"junk")
    assert newest_checkpoint(tmp_path) is None
    assert "passed over: " in caplog.text


def test_settings_that_differ_are_listed_with_both_values():
    theirs = {"seed": 0, "encoder": {"name": "a", "weights": {"source": "none"}}, "list": [1]}
    ours = {"seed": 0, "encoder": {"name": "b", "weights": {"path": "x"}}, "list": [1, 2]}
    assert differing_settings(theirs, theirs) == []
    assert differing_settings(theirs, ours) == [
        "  encoder.name: 'a' there, 'b' here",
        "  encoder.weights.path: None there, 'x' here",
        "  encoder.weights.source: 'none' there, None here",
        "  list: a list of 1 there, a list of 2 here",
    ]


def test_of_many_twenty_are_named():
    lines = differing_settings({}, {f"s{number:02}": number + 1 for number in range(25)})
    assert len(lines) == 21
    assert lines[0] == "  s00: None there, 1 here"
    assert lines[-1] == "  and 5 more"


def test_names_of_strangers_are_shown_without_control_characters():
    (line,) = differing_settings({"\x1b[31m": 1}, {})
    assert "\x1b" not in line
    assert line.endswith(": 1 there, None here")
