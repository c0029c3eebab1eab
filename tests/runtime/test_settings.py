from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Interval, Le, Len, Lt, MaxLen, MinLen

from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import Count, Seed, Setting, Share, component_name, value_problems

ALLOWED = [
    (1, int),
    (1, float),
    (True, bool),
    ("a", str),
    (None, int | None),
    (None, Literal["a"] | None),
    ("a", Literal["a", "b"]),
    (1, Literal[1, "a"]),
    ("a", int | Literal["a"]),
    (3, int | Literal["a"]),
    ([1, 2.5], Sequence[float]),
    ((1, 2), list[int]),
    ({"a": 0.5}, Mapping[str, Share]),
    ([], Annotated[Sequence[int], MaxLen(1)]),
    ("anything", Any),
    (1, "an annotation that nothing knows"),
]
REFUSED = [
    (True, int, "k must be an integer, got True"),
    (True, float, "k must be a number, got True"),
    (1.5, int, "k must be an integer, got 1.5"),
    (1, bool, "k must be true or false, got 1"),
    (1, str, "k must be a text, got 1"),
    ("ab", Sequence[str], "k must be a list, got 'ab'"),
    ([1], Mapping[str, int], "k must be a mapping, got [1]"),
    (None, int, "k must not be null"),
    ("strong", Setting, "k must be Setting, got 'strong'"),
    (None, object, "k must not be null"),
    (None, int | str, "k must not be null"),
    (math.nan, float, "k: a finite number is needed, got nan"),
    (math.inf, float | None, "k: a finite number is needed, got inf"),
    ("c", Literal["a", "b"], "k: allowed are a, b; got 'c'"),
    (True, Literal[1], "k: allowed are 1; got True"),
    ("c", Literal["a"] | None, "k: allowed are a; got 'c'"),
    (1.5, int | Literal["a"], "k must be an integer, got 1.5"),
    (0, Annotated[int, Ge(1)], "k must be at least 1, got 0"),
    (0, Annotated[float, Gt(0)], "k must be above 0, got 0"),
    (2, Annotated[float, Le(1)], "k must be at most 1, got 2"),
    (1, Annotated[float, Lt(1)], "k must be below 1, got 1"),
    (3, Annotated[float, Interval(gt=0, le=2)], "k must be above 0 and at most 2, got 3"),
    (0, Count | None, "k must be at least 1, got 0"),
    (2**32, Seed, "k must be at least 0 and below 4294967296, got 4294967296"),
    ([], Annotated[Sequence[int], MinLen(1)], "k must be of length 1 or more, got []"),
    ([1], Annotated[Sequence[int], Len(3, 3)], "k must be of length 3, got [1]"),
    ([1, -1], Sequence[Annotated[int, Ge(0)]], "k[1] must be at least 0, got -1"),
    ({"a": 2.0}, Mapping[str, Share], "k.a must be at least 0 and at most 1, got 2.0"),
    ({"a": ["x"]}, dict[str, list[int]], "k.a[0] must be an integer, got 'x'"),
]


@pytest.mark.parametrize(("value", "annotation"), ALLOWED, ids=str)
def test_what_an_annotation_allows(value, annotation):
    assert value_problems("k", value, annotation) == []


@pytest.mark.parametrize(("value", "annotation", "message"), REFUSED, ids=str)
def test_what_an_annotation_refuses(value, annotation, message):
    assert value_problems("k", value, annotation) == [message]


@checked
@dataclass(frozen=True)
class Pool:
    power: Annotated[float, Gt(0)]
    form: Literal["a", "b"] = "a"


@checked
class Head:
    def __init__(self, width: Count, *, form: Literal["a", "b"] = "a") -> None:
        self.width, self.form = width, form


def test_a_class_that_is_checked_is_what_it_was():
    assert Pool(1) == Pool(power=1, form="a")
    assert repr(Pool(1)).endswith("Pool(power=1, form='a')")
    assert Head(3, form="b").form == "b"
    with pytest.raises(TypeError, match="missing a required argument: 'width'"):
        Head()


@pytest.mark.parametrize("build", [lambda: Pool(0, "c"), lambda: Pool(form="c", power=0)])
def test_all_that_is_wrong_is_told_at_once(build):
    with pytest.raises(ConfigError) as caught:
        build()
    assert sorted(str(caught.value).splitlines()) == [
        "form: allowed are a, b; got 'c'",
        "power must be above 0, got 0",
    ]
    with pytest.raises(ConfigError, match="width must be at least 1, got 0"):
        Head(0)


def test_a_class_that_inherits_a_checked_constructor_is_checked():
    class Other(Head):
        pass

    with pytest.raises(ConfigError, match="width must be at least 1"):
        Other(0)


def test_names_of_components():
    assert component_name(Pool(1)) == "pool"
    assert component_name(type("NPairTfa2D", (), {})()) == "npair_tfa2_d"
