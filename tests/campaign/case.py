"""A case: one input that somebody made by hand, and what has to come of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign.material import Material

# Of a message: a screen's part, not a wall.
MOST_LINES, MOST_BYTES = 14, 2000
MISTAKE = 2


class Kind(Enum):
    """What a case attacks with."""

    bad_input = "bad input"
    hostile_file = "hostile file"


@dataclass(frozen=True)
class Outcome:
    """What a run did.

    Attributes:
        status: its exit status, negative for a signal's; None where it did not end in time.
        out: what it said on stdout.
        err: what it said on stderr.
        seconds: how long it took.
        work: the folder that it ran in.
    """

    status: int | None
    out: str
    err: str
    seconds: float
    work: Path


# Gives what is wrong with an outcome; None where all is as it has to be.
Expectation = Callable[[Outcome, "Material"], str | None]
# Puts a case's files into the folder that the run works in.
Preparation = Callable[[Path, "Material"], None]


def nothing(_work: Path, _material: Material) -> None:
    """Prepare nothing."""


@dataclass(frozen=True)
class Case:
    """One input and what has to come of it.

    Attributes:
        name: family/name, unique.
        kind: a bad input, or a file that attacks.
        stage: the command.
        arguments: its command line.
        expect: what has to come of it.
        prepare: makes the input.
        environment: further variables; None takes one away.
        limits: of the process, by the numbers of `resource`.
        broken: streams whose reader has left.
        writes: patterns of files, in the working directory, that the command is there to write.
    """

    name: str
    kind: Kind
    stage: str
    arguments: tuple[str, ...]
    expect: Expectation
    prepare: Preparation = nothing
    environment: Mapping[str, str | None] = field(default_factory=dict)
    limits: Mapping[int, int] = field(default_factory=dict)
    broken: tuple[int, ...] = ()
    writes: tuple[str, ...] = ()


def refused(*phrases: str) -> Expectation:
    """Expect a message of a few lines, status 2, that says each of some phrases (expressions)."""

    def check(outcome: Outcome, _material: Material) -> str | None:
        if outcome.status != MISTAKE:
            return f"status {outcome.status}, not 2"
        if "error: " not in outcome.err:
            return "no line begins with `error: `"
        lines, size = len(outcome.err.splitlines()), len(outcome.err.encode())
        if lines > MOST_LINES or size > MOST_BYTES:
            return f"a message of {lines} lines and {size} bytes"
        lacking = [one for one in phrases if not re.search(one, outcome.err, re.IGNORECASE)]
        return f"the message does not say {', '.join(map(repr, lacking))}" if lacking else None

    return check


def right(*checks: Expectation) -> Expectation:
    """Expect status 0 and that all checks of the results hold."""

    def check(outcome: Outcome, material: Material) -> str | None:
        if outcome.status != 0:
            return f"status {outcome.status}, not 0"
        found = (one(outcome, material) for one in checks)
        return next((one for one in found if one is not None), None)

    return check


def either(*expectations: Expectation) -> Expectation:
    """Expect what any of some expectations does."""

    def check(outcome: Outcome, material: Material) -> str | None:
        found = []
        for expectation in expectations:
            complaint = expectation(outcome, material)
            if complaint is None:
                return None
            found.append(complaint)
        return " / ".join(found)

    return check


def said(*phrases: str) -> Expectation:
    """Expect that a run which succeeds says each of some phrases (expressions)."""

    def check(outcome: Outcome, _material: Material) -> str | None:
        told = outcome.out + outcome.err
        lacking = [one for one in phrases if not re.search(one, told, re.IGNORECASE)]
        return f"it does not say {', '.join(map(repr, lacking))}" if lacking else None

    return check


def left(pattern: str) -> Expectation:
    """Expect that a run has left files of a pattern."""

    def check(outcome: Outcome, _material: Material) -> str | None:
        return None if any(outcome.work.glob(pattern)) else f"it left no {pattern}"

    return check


def silent_about(*words: str) -> Expectation:
    """Expect that neither output nor any file of the run has some words."""

    def check(outcome: Outcome, _material: Material) -> str | None:
        texts = [outcome.out, outcome.err]
        texts += [
            file.read_text(encoding="utf-8", errors="replace")
            for file in outcome.work.glob("run/**/*")
            if file.is_file() and file.suffix in {".csv", ".md", ".json", ".log"}
        ]
        found = [word for word in words if any(word in text for text in texts)]
        return f"it shows {', '.join(map(repr, found))}" if found else None

    return check
