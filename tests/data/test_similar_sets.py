from __future__ import annotations

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lfx.data.similar_sets
from lfx.data.similar_sets import connect_similar_sets


def naive(sets, threshold):
    """Compare every set with every other one."""
    firsts = list(range(len(sets)))
    for one, other in combinations(range(len(sets)), 2):
        shared, union = len(sets[one] & sets[other]), len(sets[one] | sets[other])
        long_enough = min(len(sets[one]), len(sets[other])) >= 3
        if long_enough and shared / union >= threshold and firsts[one] != firsts[other]:
            low, high = sorted((firsts[one], firsts[other]))
            firsts = [low if first == high else first for first in firsts]
    return firsts


SETS = st.lists(st.sets(st.sampled_from("abcdefghijklmn"), max_size=12), max_size=14)


@settings(max_examples=200, deadline=None)
@given(sets=SETS, threshold=st.sampled_from([0.1, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]))
def test_components_are_those_of_all_comparisons(sets, threshold):
    assert connect_similar_sets(sets, threshold).tolist() == naive(sets, threshold)


def families(seed, sizes, members=40):
    """Draw texts, and copies of them in which words are changed, added and left out."""
    draw = random.Random(seed)  # noqa: S311, no secret
    found = []
    for size in sizes:
        words = {f"w{draw.randrange(3 * size)}" for _ in range(size)}
        for _ in range(members // 2):
            kept = {word for word in words if draw.random() > 0.06}
            found.append(kept | {f"w{draw.randrange(300)}" for _ in range(draw.randrange(1, 4))})
    draw.shuffle(found)
    return found


@pytest.mark.parametrize("threshold", [0.6, 0.8])
@pytest.mark.parametrize("sizes", [(5, 8, 10, 14, 19, 24), (30, 33, 36, 50), (90, 104, 115, 140)])
def test_texts_of_all_lengths_and_near_the_threshold(sizes, threshold):
    sets = families(sum(sizes), sizes)
    expected = naive(sets, threshold)
    found = connect_similar_sets(sets, threshold)
    assert found.tolist() == expected
    assert len(set(expected)) < len(sets)


def test_work_in_parts_gives_the_same(monkeypatch):
    sets = families(1, (10, 20, 30, 34))
    whole = connect_similar_sets(sets, 0.8)
    assert len(set(whole.tolist())) < len(sets)
    monkeypatch.setattr(lfx.data.similar_sets, "_COMBINATIONS", 1000)
    monkeypatch.setattr(lfx.data.similar_sets, "_PAIRS", 50)
    monkeypatch.setattr(lfx.data.similar_sets, "_WITH_PROGRESS", 1)
    assert connect_similar_sets(sets, 0.8).tolist() == whole.tolist()


def test_similarity_on_the_threshold_counts():
    sets = [set("abcdefg"), set("abcdefghij")]
    assert connect_similar_sets(sets, 0.7).tolist() == [0, 0]
    assert connect_similar_sets(sets[::-1], 0.7).tolist() == [0, 0]
    assert connect_similar_sets(sets, 0.71).tolist() == [0, 1]


def test_a_large_family_is_compared_once_and_not_all_with_all(monkeypatch):
    # One word changes: all are similar to each other, 4.5 million pairs.
    template = [f"w{n}" for n in range(10)]
    sets = [{*template, f"name{n}"} for n in range(3000)]
    pairs = []
    similar = lfx.data.similar_sets._Join._connect_similar

    def counted(join, one, other):
        pairs.append(len(one))
        similar(join, one, other)

    monkeypatch.setattr(lfx.data.similar_sets._Join, "_connect_similar", counted)
    assert set(connect_similar_sets(sets, 0.8).tolist()) == {0}
    assert sum(pairs) < 20 * len(sets)


def test_no_sets_and_short_sets():
    assert connect_similar_sets([], 0.8).tolist() == []
    assert connect_similar_sets([{"a", "b"}, {"a", "b"}, set()], 0.8).tolist() == [0, 1, 2]
