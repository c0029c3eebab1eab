"""Cleaning tweets before they are cut into an encoder's tokens."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from lfx.runtime.checked import checked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nltk.tokenize.casual import TweetTokenizer

# What stands for a mention and for a link in the texts that Twitter RoBERTa was trained on
# (Barbieri et al., TweetEval, Findings of EMNLP 2020).
MENTION, LINK = "@user", "http"

# The tokenizer cuts some links in two; short ones, such as bit.ly/2ab, it finds itself.
_LINK = re.compile(r"(?:https?://|www\.|pic\.twitter\.com/)\S+", re.IGNORECASE)
_SHORT_LINK = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}/\w", re.IGNORECASE)
_WORD_ENDS = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])|_+"
)
_SPACES = re.compile(r"\s+")


@checked
@dataclass(frozen=True, kw_only=True)
class Cleaning:
    """What is done to a tweet before it is cut into tokens; by default nothing.

    Words, mentions, links, hashtags and emoji are told apart by NLTK's `TweetTokenizer`. What is
    kept stays where it is: a text in which there is nothing to clean comes out as it went in, but
    for HTML entities, which are decoded, and runs of white space.

    Args:
        lower: Whether letters become small; emoticons such as `:D` stay as they are.
        shorten: Whether letters that are repeated more than three times stand three times.
        mentions: keep, placeholder (`@user`) or drop.
        links: keep, placeholder (`http`) or drop.
        hashtags: keep, split into words (`#HappyDay2020`: Happy Day 2020) or drop.
        emoji: keep, words (their English names) or drop.
    """

    lower: bool = False
    shorten: bool = False
    mentions: Literal["keep", "placeholder", "drop"] = "keep"
    links: Literal["keep", "placeholder", "drop"] = "keep"
    hashtags: Literal["keep", "split", "drop"] = "keep"
    emoji: Literal["keep", "words", "drop"] = "keep"

    @property
    def does_nothing(self) -> bool:
        """Whether texts stay as they are."""
        return self == Cleaning()

    def __call__(self, text: str) -> str:
        """Clean one tweet."""
        if self.does_nothing:
            return text
        text = html.unescape(text)
        parts, start = [], 0
        for link in _LINK.finditer(text):
            parts += [*self._between(text[start : link.start()]), self._link(link[0])]
            start = link.end()
        parts += self._between(text[start:])
        return _SPACES.sub(" ", "".join(parts)).strip()

    def _between(self, text: str) -> Iterator[str]:
        """Clean the tokens of a text; what stands between them stays."""
        start = 0
        for token in _tokenizer().tokenize(text):
            position = text.find(token, start)
            if position < 0:  # the tokenizer has changed it in a way of its own
                continue
            yield text[start:position]
            yield self._cleaned(token)
            start = position + len(token)
        yield text[start:]

    def _link(self, link: str) -> str:
        return {"keep": link, "placeholder": LINK, "drop": ""}[self.links]

    def _cleaned(self, token: str) -> str:
        from nltk.tokenize.casual import EMOTICON_RE, reduce_lengthening

        if _SHORT_LINK.match(token):
            return self._link(token)
        if token.startswith("@") and len(token) > 1:
            kept = token.lower() if self.lower else token
            return {"keep": kept, "placeholder": MENTION, "drop": ""}[self.mentions]
        if token.startswith("#") and len(token) > 1:
            if self.hashtags == "drop":
                return ""
            if self.hashtags == "split":
                token = _WORD_ENDS.sub(" ", token[1:])
        elif EMOTICON_RE.fullmatch(token):
            return token
        if self.shorten:
            token = reduce_lengthening(token)
        if self.lower:
            token = token.lower()
        return token if self.emoji == "keep" else _without_emoji(token, self.emoji == "words")


def tweet_tokens(text: str, *, lower: bool = False) -> list[str]:
    """Return a tweet's words, mentions, links, hashtags, emoticons and emoji, without any space.

    Args:
        text: of the tweet.
        lower: whether letters become small; emoticons such as `:D` stay as they are.

    Example:
        >>> tweet_tokens("Go @you :) #HappyDay . . .")
        ['Go', '@you', ':)', '#HappyDay', '...']
    """
    from nltk.tokenize.casual import EMOTICON_RE

    tokens = ["".join(token.split()) for token in _tokenizer().tokenize(text)]
    if not lower:
        return tokens
    return [token if EMOTICON_RE.fullmatch(token) else token.lower() for token in tokens]


def _without_emoji(token: str, named: bool) -> str:  # noqa: FBT001
    import emoji

    def name(_: str, about: dict[str, str]) -> str:
        return f" {about['en'].strip(':').replace('_', ' ')} " if named else ""

    return str(emoji.replace_emoji(token, name))


@lru_cache(maxsize=1)
def _tokenizer() -> TweetTokenizer:
    from nltk.tokenize.casual import TweetTokenizer

    return TweetTokenizer(match_phone_numbers=False)
