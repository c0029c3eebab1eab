from __future__ import annotations

import pytest

from lfx.paraphrasing.cache import ParaphraseCache, fill_cache
from lfx.runtime.errors import ConfigError


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


@pytest.mark.parametrize(
    "damage",
    [
        lambda line: line.replace(b"eins", b"zwei"),
        lambda line: line.replace(b"eins", b"\xff\xfe\x00s"),
        lambda line: line.replace(b'"eins"', b"7"),
        lambda line: bytes(len(line)),
        lambda _: b"[" * 100_000,
        lambda _: b'"text"',
        lambda _: b'{"text": [], "paraphrase": "eins"}',
        lambda _: b'{"text": "eins", "paraphrase": "eins", "check": []}',
    ],
)
def test_a_damaged_line_is_noticed_and_costs_itself_alone(tmp_path, caplog, damage):
    cache = ParaphraseCache(tmp_path, "model")
    cache.add({"one": "eins", "two": "deux"})
    first, second, end = cache.file.read_bytes().split(b"\n")
    cache.file.write_bytes(b"\n".join([damage(first), second, end]))
    again = ParaphraseCache(tmp_path, "model")
    assert (again.get("one"), again.get("two")) == (None, "deux")
    assert "1 of 2 lines are damaged" in caplog.text


def test_lines_of_an_older_version_are_read(tmp_path, caplog):
    cache = ParaphraseCache(tmp_path, "model")
    cache.add({"one": "eins"})
    content = cache.file.read_text(encoding="utf-8")
    cache.file.write_text(content[: content.index(', "check"')] + "}\n", encoding="utf-8")
    assert ParaphraseCache(tmp_path, "model").get("one") == "eins"
    assert not caplog.text


@pytest.mark.parametrize(
    "made", [["one"], ["one", None], ["one", 2], "ab", None, {"a": "b", "c": "d"}]
)
def test_an_augmenter_that_does_not_return_a_text_for_each(tmp_path, made):
    class Own:
        identity = "own"

        def augment(self, _texts):
            return made

    cache = ParaphraseCache(tmp_path, "own")
    with pytest.raises(ConfigError, match=r"Own\.augment must return a list with a text"):
        fill_cache(cache, Own(), ["a", "b"], 2)
    assert len(cache) == 0
