from __future__ import annotations

import pytest

from lfx.data.column import FileColumn, NumberColumn, TextColumn
from lfx.data.duplicates import content_words, group_samples

LONG = "what a sunny morning in the old town"


@pytest.fixture
def groups(tmp_path):
    """Group samples by texts, the content of files, numbers, and given groups."""

    def group(texts, files=None, given=(), numbers=None):
        ids = [f"s{place}" for place in range(len(texts))]
        columns = [TextColumn(texts)]
        if files is not None:
            columns.append(FileColumn([None if one is None else one.encode() for one in files]))
        if numbers is not None:
            columns.append(NumberColumn.of(numbers))
        return tuple(group_samples(ids, columns, tmp_path, given=given))

    return group


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("RT @user: Hello big world http://t.co/abc #tag", ("hello", "big", "world")),
        ("#one #two #three", ("one", "two", "three")),
        ("start @me https://a.b/c", ("start",)),
        ("", ()),
        # `rt` within a word is no retweet mark.
        ("art for smart hearts", ("art", "for", "smart", "hearts")),
    ],
)
def test_content_words(text, words):
    assert content_words(text) == words


def test_copies_retweets_and_equal_images_are_tied(groups):
    texts = [
        LONG,
        f"RT @me: {LONG} http://t.co/x #sun",
        "something else entirely here",
        LONG.upper(),
    ]
    assert groups(texts) == ("s0", "s0", "s2", "s0")
    other = ["one two three four", "five six seven eight", "nine ten eleven twelve"]
    assert groups(other, ["a", "b", "a"]) == ("s0", "s1", "s0")


def test_ties_are_transitive_through_text_and_image(groups):
    texts = [LONG, "another text with other words", f"RT @x: {LONG}", "the last of the words here"]
    assert groups(texts, ["a", "b", "b", "c"]) == ("s0", "s0", "s0", "s3")


def test_given_groups_are_joined_with_near_duplicates(groups):
    texts = [LONG, "another text with other words", f"RT @x: {LONG}", "the last of the words here"]
    assert groups(texts, given=[None] * 4) == groups(texts) == ("s0", "s1", "s0", "s3")
    # s1 is in one group with s2, which is a copy of s0; an equal name of a sample ties nothing.
    assert groups(texts, given=["s1", "a", "a", None]) == ("s0", "s0", "s0", "s3")
    assert groups(texts, ["a", "b", "c", "b"], given=[None, "g", None, "g"]) == (
        "s0",
        "s1",
        "s0",
        "s1",
    )


def test_short_texts_are_not_tied(groups):
    assert groups(["so true", "so true", "#love", "#love", "", ""]) == tuple(
        f"s{place}" for place in range(6)
    )


def test_a_group_is_named_after_its_first_sample_and_there_may_be_none(groups):
    assert groups(["a b c d", LONG, LONG]) == ("s0", "s1", "s1")
    assert groups([]) == ()


def test_what_is_absent_or_unreadable_ties_nothing(groups, tmp_path):
    assert groups([None, None, LONG, LONG], [None, None, "a", None]) == ("s0", "s1", "s2", "s2")
    missing, empty = tmp_path / "missing.png", tmp_path / "empty.png"
    empty.write_bytes(b"")
    files = FileColumn([missing, missing, empty, empty])
    assert list(group_samples([*"abcd"], [files], tmp_path)) == [*"abcd"]


def test_equal_files_tie_wherever_they_lie(tmp_path):
    files = [tmp_path / "one.bin", tmp_path / "other.bin"]
    for file in files:
        file.write_bytes(b"same")
    column = FileColumn([*files, b"same", b"another"])
    assert list(group_samples([*"abcd"], [column], tmp_path)) == [*"aaad"]


def test_equal_numbers_tie_if_they_cannot_be_equal_by_chance(groups):
    texts = [None] * 4
    assert groups(texts, numbers=[[*range(8)], [*range(8)], [0] * 8, [0] * 8])[:2] == ("s0", "s0")
    assert groups(texts, numbers=[[0] * 8] * 4) == ("s0", "s1", "s2", "s3")
    assert groups(texts, numbers=[[1, 2]] * 4) == ("s0", "s1", "s2", "s3")
    # The same numbers in another shape are another sequence.
    steps = [[[float(n)] for n in range(8)], [[float(n)] for n in range(8)], None, None]
    assert groups(texts, numbers=steps)[:2] == ("s0", "s0")


def test_samples_are_tied_over_all_columns(groups):
    tied = groups(
        [LONG, None, LONG, None], ["a", "a", None, "b"], numbers=[None, None, None, [1.0]]
    )
    assert tied == ("s0", "s0", "s0", "s3")
