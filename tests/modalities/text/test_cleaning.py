from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lfx.modalities.text.cleaning import Cleaning

EVERYTHING = Cleaning(
    lower=True,
    shorten=True,
    mentions="placeholder",
    links="placeholder",
    hashtags="split",
    emoji="words",
)
DROPS = Cleaning(mentions="drop", links="drop", hashtags="drop", emoji="drop")
TWEET = "RT @Bob_1: sooooo HAPPY!!! #LoveMyDog2day http://t.co/x… &amp; :-D 😂 @ home <3"


@pytest.mark.parametrize(
    ("cleaning", "want"),
    [
        (Cleaning(), TWEET),
        (Cleaning(lower=True), "rt @bob_1: sooooo happy!!! #lovemydog2day http://t.co/x… & :-D 😂"),
        (Cleaning(shorten=True), "RT @Bob_1: sooo HAPPY!!! #LoveMyDog2day http://t.co/x… & :-D 😂"),
        (
            Cleaning(mentions="placeholder"),
            "RT @user: sooooo HAPPY!!! #LoveMyDog2day http://t.co/x… & :-D 😂",
        ),
        (Cleaning(links="placeholder"), "RT @Bob_1: sooooo HAPPY!!! #LoveMyDog2day http & :-D 😂"),
        (
            Cleaning(hashtags="split"),
            "RT @Bob_1: sooooo HAPPY!!! Love My Dog 2 day http://t.co/x… & :-D 😂",
        ),
        (
            Cleaning(emoji="words"),
            (
                "RT @Bob_1: sooooo HAPPY!!! #LoveMyDog2day http://t.co/x… & :-D "
                "face with tears of joy"
            ),
        ),
        (DROPS, "RT : sooooo HAPPY!!! & :-D"),
        (
            EVERYTHING,
            "rt @user: sooo happy!!! love my dog 2 day http & :-D face with tears of joy",
        ),
    ],
)
def test_each_switch(cleaning, want):
    end = "" if cleaning == Cleaning() else " @ home <3"
    assert cleaning(TWEET) == want + end


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("www.x.org/y bit.ly/2ab pic.twitter.com/abc https://a.b/c?d=e", "http http http http"),
        ("write to a@b.com and/or c", "write to a@b.com and/or c"),
        ("#BREAKING_NEWS from @x", "breaking news from @user"),
        ("#NASAMission #1 # @", "nasa mission #1 # @"),
        ("👍🏽👨‍👩‍👧 ok", "thumbs up medium skin tone family man woman girl ok"),
        ("  many \n spaces\t", "many spaces"),
        ("", ""),
        ("don't", "don't"),
        ("&lt;3 &#39;hi&#39;", "<3 'hi'"),
    ],
)
def test_what_tweets_are_made_of(text, want):
    assert EVERYTHING(text) == want


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_cleaned(text):
    assert Cleaning()(text) == text
    placeholders = Cleaning(mentions="placeholder", links="placeholder", lower=True)
    once = placeholders(text)
    assert "  " not in once
    assert once == once.strip()


@given(st.lists(st.sampled_from(["good", "Day", ":)", "!", "so", "it's", "10", "@", "#"])))
@settings(deadline=None)
def test_words_without_anything_to_clean_stay(words):
    text = " ".join(words)
    assert Cleaning(mentions="drop", links="drop", emoji="drop")(text) == text
