"""A path with a sign of Hydra's grammar: the message shows what to type, and that works."""

from __future__ import annotations

import subprocess

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from lfx.command.quoting import quote_as_one_text, quote_letters, quoted_for_bash

PATHS = [
    *("/a/b=c", "=x", "/a,b", "/a(1)", "/a (1)", "/a#b", "/a #b", "{a}", "{a: 1}", "[a]", "/a[1]"),
    *("/a'b", "'a", "a'", '/a"b', "/a&b;c", "~/a", "/a<b>", "/a`b`", "/a!b", "/a!b'c", "/a$b=c"),
    *("/a\\b=c", "a\\'b", "a=\\", "größe=1", "a=\tb"),
]


def understood(argument: str) -> object:
    parsed = OverridesParser.create().parse_override(argument)
    assert not parsed.is_sweep_override()
    return parsed.value()


def in_bash(typed: str) -> str:
    command = ["bash", "-c", f"printf %s {typed}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("path", PATHS)
def test_what_is_shown_works_when_it_is_typed(path: str):
    typed = quote_as_one_text(f"data.root={path}")
    assert typed is not None
    assert understood(in_bash(typed)) == path


def test_the_usual_form_is_short():
    assert quote_as_one_text("data.root=/a/b=c") == "\"data.root='/a/b=c'\""


@pytest.mark.parametrize("argument", ["data.root=/a/b", "data.root=/a b", "name=größe-", "~data"])
def test_what_needs_no_quotes_gets_none(argument: str):
    assert quote_as_one_text(quote_letters(argument)) is None


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_text_that_is_shown_comes_back(value: str):
    typed = quote_as_one_text(f"name={value}")
    if typed is not None and typed.startswith('"'):
        bare = typed[1:-1]
        for sign in '"$`\\':
            bare = bare.replace(f"\\{sign}", f"\0{ord(sign)};")
        for sign in '"$`\\':
            bare = bare.replace(f"\0{ord(sign)};", sign)
        assert quoted_for_bash(bare) == typed


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("name=größe", "größe"),
        ("name=模型", "模型"),
        ("name=😀", "😀"),
        ("name=👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("data.root=/daten/größe/x.csv", "/daten/größe/x.csv"),
        ("artifacts.splits=[größe,val]", ["größe", "val"]),
        ("name='größe'", "größe"),
    ],
)
def test_letters_of_other_languages_need_no_quotes(argument: str, value: object):
    assert understood(quote_letters(argument)) == value


def test_a_sweep_over_them_is_one():
    parsed = OverridesParser.create().parse_override(quote_letters("name=größe,maß,x"))
    assert list(parsed.sweep_string_iterator()) == ["'größe'", "'maß'", "x"]


def test_other_arguments_are_left_alone():
    for argument in ("--config-dir=größe", "größe", "name=abc", "name=a=b", "name=ö=b"):
        assert quote_letters(argument) == argument
