from __future__ import annotations

import inspect

import pytest

from lfx.runtime import errors


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, ""), (1, "0"), (3, "0, 1, 2"), (4, "0, 1, 2 and 1 more"), (13, "0, 1, 2 and 10 more")],
)
def test_some_names_are_listed(count, text):
    assert errors.name_some(range(count), most=3) == text


def test_ten_are_listed_by_default():
    assert errors.name_some("abcdefghij") == "a, b, c, d, e, f, g, h, i, j"
    assert errors.name_some(iter("abcdefghijk")).endswith("j and 1 more")


def test_every_error_of_the_user_is_one():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    assert len(kinds) > 5
    assert all(issubclass(kind, errors.UserError) for kind in kinds)
