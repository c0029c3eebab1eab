"""Generated tweets, shaped as the real ones: what near duplicates are looked for among.

Word frequencies follow Zipf's law over 300,000 words, lengths those of MVSA's tweets (a median of
9 different words). Of the tweets
  22 % are retweets, a few of them popular, some with a word cut off or added,
  10 % are of campaigns that change one word: all of such a family are near duplicates,
   6 % are of campaigns that change two or three words and so lie just under the threshold, the
       worst that can be compared, since all of them share their rarest words,
   8 % are greetings of three to five frequent words,
and families grow with the number of tweets: the largest is 1 % of all.
"""

from __future__ import annotations

import random
from bisect import bisect
from itertools import accumulate

WORDS, FREQUENT = 300_000, 2_000
FREQUENT_NAMES, RETWEETS, LINKS, TAGS = 0.5, 0.2, 0.4, 0.3
_KINDS = ("plain", "retweet", "family", "near_miss", "greeting")
_SHARES = (54, 22, 10, 6, 8)
# Different words of MVSA's tweets: 5 % have 3 or fewer, half 9 or fewer, 5 % 19 or more.
_LENGTHS = tuple(range(2, 25))
_LENGTH_WEIGHTS = (2, 4, 6, 8, 9, 10, 10, 10, 9, 8, 7, 6, 6, 5, 5, 4, 4, 3, 2, 2, 1, 1, 1)


def generate_tweets(count: int, seed: int = 0) -> list[str]:
    """Generate tweets.

    Args:
        count: how many.
        seed: the same one gives the same tweets.
    """
    draw = random.Random(seed)  # noqa: S311, no secret
    # Zipf and Mandelbrot: frequency falls with the rank, slower among the very first.
    weights = list(accumulate(1 / (rank + 2.7) for rank in range(WORDS)))
    frequent = weights[:FREQUENT]

    def words(number: int, below: list[float] = weights) -> list[str]:
        return [f"w{bisect(below, draw.random() * below[-1])}" for _ in range(number)]

    # A family's share falls with its rank too.
    families = [words(draw.randint(9, 14)) for _ in range(max(10, count // 400))]
    family_weights = list(accumulate(1 / (rank + 8) for rank in range(len(families))))
    tweets: list[list[str]] = []
    for kind in draw.choices(_KINDS, _SHARES, k=count):
        if kind == "retweet" and tweets:
            # Squared: the first tweets are the most popular ones.
            copied = tweets[int(len(tweets) * draw.random() ** 2)]
            (change,) = draw.choices((-1, 0, 1), (10, 80, 10))
            own = copied[:-1] if change < 0 else [*copied, *words(change)]
        elif kind in {"family", "near_miss"}:
            (template,) = draw.choices(families, cum_weights=family_weights)
            own = template.copy()
            changed = 1 if kind == "family" else draw.randint(2, 3)
            for place in draw.sample(range(len(own)), changed):
                # A name or a number: seldom the same, sometimes frequent.
                own[place] = (
                    words(1)[0] if draw.random() < FREQUENT_NAMES else f"n{draw.randrange(count)}"
                )
        elif kind == "greeting":
            own = words(draw.randint(3, 5), frequent)
        else:
            own = words(draw.choices(_LENGTHS, _LENGTH_WEIGHTS)[0])
        tweets.append(own)
    return [_decorated(draw, own) for own in tweets]


def _decorated(draw: random.Random, words: list[str]) -> str:
    """Give a tweet its mentions, tags and links, which count for nothing."""
    ahead = "RT @someone: " if draw.random() < RETWEETS else ""
    behind = f" https://t.co/{draw.randrange(10**9)}" if draw.random() < LINKS else ""
    tag = f" #tag{draw.randrange(100)}" if draw.random() < TAGS else ""
    return ahead + " ".join(words) + tag + behind
