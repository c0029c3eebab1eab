"""Names that may be one in several spellings, or none at all: classes, groups and ids."""

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
# What tools write for "no value"; a class of that name is hardly meant.
_NO_VALUE = {"nan", "null", "none", "na", "n/a", "<na>", "nat"}
_QUOTES = "\"'"
_UNSEEN_ASCII = dict.fromkeys((*range(0x21), 0x7F, *map(ord, _QUOTES)))
# What two spellings of one name differ in, for a message.
SPELLING = (
    "case, white space, quotation marks, zeros after the point or characters that do not show"
)
# Spellings, and sets of them, that a message names.
_MOST_SHOWN = 4
# From this share of names with odd capitals on, a column holds codes.
_CODES_FROM = 0.25
_TOKEN = re.compile(r"[A-Za-z0-9]+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+(?:[A-Z][a-z]*|[0-9]+)*")


def doubtful_classes(classes: Iterable[str]) -> list[str]:
    """Name classes that may be one class in several spellings, or none at all.

    Args:
        classes: class names.

    Returns:
        Sentences for warnings. Nothing is merged: only the user knows.
    """
    alike = _alike(classes)
    told = [
        f"class names that differ in {SPELLING}: "
        f"{', '.join(ascii_quoted(name) for name in names)}; they are "
        f"trained as {len(names)} classes. Write them alike if they are one"
        for names in alike.values()
        if len(names) > 1
    ]
    missing = [name for name in alike if name in _NO_VALUE]
    told += [
        f"a class is called {ascii_quoted(alike[name][0])}; where that means no label, leave the "
        "cell empty"
        for name in missing
    ]
    return told


def doubtful_groups(groups: Iterable[str | None]) -> list[str]:
    """Name groups that may be one group in several spellings, or none at all.

    Args:
        groups: (samples,) the group of each sample; None where it has none.

    Returns:
        Sentences for warnings, one for each kind of doubt. Nothing is merged.
    """
    counts = Counter(name for name in groups if name is not None)
    told = []
    alike = _alike(counts)
    several = [names for names in alike.values() if len(names) > 1]
    if several and _are_codes(counts):
        plain = _alike(counts, folds_case=False)
        several = [names for names in plain.values() if len(names) > 1]
    if several:
        shown = [" and ".join(map(ascii_quoted, names[:_MOST_SHOWN])) for names in several]
        told.append(
            f"names of groups that differ in {SPELLING}: {_first(shown)}. "
            "Each is a group of its own, so that one may train and the other test; write them "
            "alike if they are one"
        )
    told += [
        f"a group of {counts[name]} samples is called {ascii_quoted(name)}, and they stay "
        "together; where that means no group, leave the cell empty"
        for key in sorted(_NO_VALUE & alike.keys())
        for name in alike[key]
        if counts[name] > 1
    ]
    return told


def misspelt(unknown: Collection[str], known: Iterable[str]) -> str:
    """Say which unknown names are known ones but for their spelling.

    Args:
        unknown: names that there are not.
        known: names that there are.

    Returns:
        The end of an error message; empty where no name is close to another.
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
    """Show a name so that spaces and characters of no width can be seen."""
    seen = "".join(
        one
        if one == " " or (one.isprintable() and unicodedata.category(one) not in {"Mn", "Me"})
        else ascii(one)[1:-1]
        for one in name
    )
    return f"'{shorten(seen)}'"


def _first(shown: Sequence[str]) -> str:
    """List a few quoted names; each has been shortened, so that the whole may be longer."""
    hidden = len(shown) - _MOST_SHOWN
    return ", ".join(shown[:_MOST_SHOWN]) + (f" and {hidden} more" if hidden > 0 else "")


def _alike(names: Iterable[str], *, folds_case: bool = True) -> dict[str, list[str]]:
    """Return the names of each spelling that `plain_spelling` gives, in their order."""
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        alike[plain_spelling(name, folds_case=folds_case)].append(name)
    return alike


def _are_codes(names: Collection[str]) -> bool:
    """Say whether many names mix capitals as no word does, such as `aQ3x`: case tells them apart.

    Among a hundred thousand codes some differ in case alone by chance.
    """
    mixed = sum(any(map(_is_mixed, _TOKEN.findall(name))) for name in names)
    return mixed >= len(names) * _CODES_FROM


def _is_mixed(token: str) -> bool:
    return not (token.islower() or token.isupper() or token.isdigit() or _CAMEL.fullmatch(token))


def plain_spelling(name: str, *, folds_case: bool = True) -> str:
    """Return a name without all that `SPELLING` lists, so that spellings of one name are equal."""
    if "." in name and _WHOLE_FLOAT.fullmatch(name.strip()):  # 1.0 beside 1
        name = name.strip().rstrip("0").rstrip(".")
    if name.isascii():  # the same, faster: there may be a hundred thousand names
        plain = name.translate(_UNSEEN_ASCII)
        return plain.lower() if folds_case else plain
    folded = unicodedata.normalize("NFKC", name)
    folded = folded.casefold() if folds_case else folded
    return "".join(
        one
        for one in unicodedata.normalize("NFC", folded)
        if not is_blank(one) and one not in _QUOTES
    )
