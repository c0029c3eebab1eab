"""Warnings about names of classes, groups and ids: several spellings of one, or missing values."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from lfx.data.values import is_blank
from lfx.runtime.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

_WHOLE_FLOAT = re.compile(r"[+-]?[0-9]+\.0*")
# Texts that tools write for a missing value; they are hardly names of classes.
_NO_VALUE = {"nan", "null", "none", "na", "n/a", "<na>", "nat"}
_QUOTES = "\"'"
_IGNORED_ASCII = dict.fromkeys((*range(0x21), 0x7F, *map(ord, _QUOTES)))
# The differences between two spellings of one name, for a message.
SPELLING = "case, white space, quotation marks, zeros after the point or invisible characters"
# Number of spellings, and of sets of them, that a message names.
_MOST_SHOWN = 4
# From this share of names with mixed capitals on, a column holds codes.
_CODES_FROM = 0.25
_TOKEN = re.compile(r"[A-Za-z0-9]+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]*|[0-9]+)*")


def class_name_warnings(classes: Iterable[str]) -> list[str]:
    """Return warnings about class names: several spellings of one, or names of missing values.

    Nothing is merged: only the user can decide.

    Args:
        classes: class names.
    """
    alike = _alike(classes)
    warnings = [
        f"class names that differ in {SPELLING}: "
        f"{', '.join(ascii_quoted(name) for name in names)}; they are "
        f"trained as {len(names)} classes. Write them alike if they are one"
        for names in alike.values()
        if len(names) > 1
    ]
    warnings += [
        f"a class is called {ascii_quoted(alike[name][0])}; if that means no label, leave the "
        "cell empty"
        for name in alike
        if name in _NO_VALUE
    ]
    return warnings


def group_name_warnings(groups: Iterable[str | None]) -> list[str]:
    """Return warnings about group names: several spellings of one, or names of missing values.

    Nothing is merged: only the user can decide.

    Args:
        groups: (samples,) the group of each sample; None if it has none.
    """
    counts = Counter(name for name in groups if name is not None)
    warnings = []
    alike = _alike(counts)
    several = [names for names in alike.values() if len(names) > 1]
    if several and _are_codes(counts):
        plain = _alike(counts, folds_case=False)
        several = [names for names in plain.values() if len(names) > 1]
    if several:
        shown = [" and ".join(map(ascii_quoted, names[:_MOST_SHOWN])) for names in several]
        warnings.append(
            f"names of groups that differ in {SPELLING}: {_first(shown)}. "
            "They are different groups, so that one may train and the other test; write them "
            "alike if they are one"
        )
    warnings += [
        f"a group of {counts[name]} samples is called {ascii_quoted(name)}, and they stay "
        "together; if that means no group, leave the cell empty"
        for key in sorted(_NO_VALUE & alike.keys())
        for name in alike[key]
        if counts[name] > 1
    ]
    return warnings


def spelling_hint(unknown: Collection[str], known: Iterable[str]) -> str:
    """Return a hint which unknown names are other spellings of known ones.

    Args:
        unknown: names that do not exist.
        known: names that exist.

    Returns:
        The end of an error message; empty if there are no such names.
    """
    plain = {plain_spelling(name): name for name in known}
    pairs = [
        f"{ascii_quoted(name)} for {ascii_quoted(plain[plain_spelling(name)])}"
        for name in unknown
        if plain_spelling(name) in plain
    ]
    if not pairs:
        return ""
    return f". Of these {len(pairs)} differ only in {SPELLING}: {_first(pairs)}; write them alike"


def ascii_quoted(name: str) -> str:
    """Return a name in quotes with invisible characters escaped."""
    visible = "".join(
        sign
        if sign == " " or (sign.isprintable() and unicodedata.category(sign) not in {"Mn", "Me"})
        else ascii(sign)[1:-1]
        for sign in name
    )
    return f"'{shorten(visible)}'"


def _first(shown: Sequence[str]) -> str:
    """Return the first quoted names, with the number of the rest; unlike `name_some` uncut."""
    hidden = len(shown) - _MOST_SHOWN
    return ", ".join(shown[:_MOST_SHOWN]) + (f" and {hidden} more" if hidden > 0 else "")


def _alike(names: Iterable[str], *, folds_case: bool = True) -> dict[str, list[str]]:
    """Return the names by their `plain_spelling`, in their order."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        alike[plain_spelling(name, folds_case=folds_case)].append(name)
    return alike


def _are_codes(names: Collection[str]) -> bool:
    """Return whether many names mix capitals as no word does, such as `aQ3x`.

    Among a hundred thousand codes some differ only in case by chance.
    """
    mixed = sum(any(map(_is_mixed, _TOKEN.findall(name))) for name in names)
    return mixed >= len(names) * _CODES_FROM


def _is_mixed(token: str) -> bool:
    return not (token.islower() or token.isupper() or token.isdigit() or _CAMEL.fullmatch(token))


def plain_spelling(name: str, *, folds_case: bool = True) -> str:
    """Return a name without the differences of `SPELLING`, so that its spellings are equal."""
    if "." in name and _WHOLE_FLOAT.fullmatch(name.strip()):  # 1.0 is another spelling of 1
        name = name.strip().rstrip("0").rstrip(".")
    if name.isascii():  # the same result, faster: there may be a hundred thousand names
        plain = name.translate(_IGNORED_ASCII)
        return plain.lower() if folds_case else plain
    folded = unicodedata.normalize("NFKC", name)
    folded = folded.casefold() if folds_case else folded
    return "".join(
        sign
        for sign in unicodedata.normalize("NFC", folded)
        if not is_blank(sign) and sign not in _QUOTES
    )
