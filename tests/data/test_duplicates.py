from __future__ import annotations

import pytest

from lfx.data.duplicates import content_words, near_duplicate_groups

LONG = "what a sunny morning in the old town"


def groups(texts, digests=None, given=None):
    ids = [f"s{place}" for place in range(len(texts))]
    digests = digests or [str(n) for n in range(len(texts))]
    return near_duplicate_groups(ids, texts, digests, given=given)


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


def test_copies_retweets_and_equal_images_are_tied():
    texts = [
        LONG,
        f"RT @me: {LONG} http://t.co/x #sun",
        "something else entirely here",
        LONG.upper(),
    ]
    assert groups(texts) == ("s0", "s0", "s2", "s0")
    other = ["one two three four", "five six seven eight", "nine ten eleven twelve"]
    assert groups(other, ["a", "b", "a"]) == ("s0", "s1", "s0")


def test_ties_are_transitive_through_text_and_image():
    texts = [LONG, "another text with other words", f"RT @x: {LONG}", "the last of the words here"]
    assert groups(texts, ["a", "b", "b", "c"]) == ("s0", "s0", "s0", "s3")


def test_given_groups_are_joined_with_near_duplicates():
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


def test_short_texts_are_not_tied():
    assert groups(["so true", "so true", "#love", "#love", "", ""]) == tuple(
        f"s{place}" for place in range(6)
    )


def test_a_group_is_named_after_its_first_sample_and_there_may_be_none():
    assert groups(["a b c d", LONG, LONG]) == ("s0", "s1", "s1")
    assert groups([]) == ()
