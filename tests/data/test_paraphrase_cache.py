from __future__ import annotations

from lfx.data.paraphrase_cache import ParaphraseCache


def test_what_was_added_is_there_in_a_later_run(tmp_path):
    cache = ParaphraseCache(tmp_path, "model 1")
    assert cache.get("a") is None
    cache.add({"a": "ä", "b": "two\nlines\u2028three"})
    cache.add({"c": ""})
    again = ParaphraseCache(tmp_path, "model 1")
    assert [again.get(text) for text in "abcd"] == ["ä", "two\nlines\u2028three", "", None]
    assert len(again) == 3


def test_another_model_has_another_file(tmp_path):
    ParaphraseCache(tmp_path, "model 1").add({"a": "b"})
    assert ParaphraseCache(tmp_path, "model 2").get("a") is None


def test_a_line_that_was_cut_off_costs_itself_alone(tmp_path):
    cache = ParaphraseCache(tmp_path, "model")
    cache.add({"a": "1", "b": "2"})
    content = cache.file.read_bytes()
    cache.file.write_bytes(content[:-8])
    again = ParaphraseCache(tmp_path, "model")
    assert (again.get("a"), again.get("b")) == ("1", None)
    again.add({"b": "2", "c": "3"})
    last = ParaphraseCache(tmp_path, "model")
    assert [last.get(text) for text in "abc"] == ["1", "2", "3"]
