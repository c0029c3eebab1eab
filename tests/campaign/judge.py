"""What is right of no outcome, whatever was expected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign.sandbox import EXECUTED, LONGEST, SECRET, Sandbox, changes

if TYPE_CHECKING:
    from campaign.case import Case, Outcome
    from campaign.material import Material

# Control characters that can move a terminal's cursor or rename its window.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SHOWN = {".csv", ".md", ".log"}


def attack(case: Case, box: Sandbox, material: Material) -> tuple[Outcome, list[str]]:
    """Run a case, and give all that is wrong with what came of it."""
    case.prepare(box.work, material)
    before = box.snapshot(case.writes)
    outcome = box.run(case.stage, case.arguments, case.environment, case.limits, case.broken)
    wrong = [f"harm: {one}" for one in changes(before, box.snapshot(case.writes))[:5]]
    wrong += _always_wrong(outcome, box)
    complaint = case.expect(outcome, material)
    if complaint is not None:
        wrong.append(complaint)
    return outcome, wrong


def _always_wrong(outcome: Outcome, box: Sandbox) -> list[str]:
    told = outcome.out + outcome.err
    wrong = []
    if outcome.status is None:
        wrong.append(f"it hangs: not ended after {LONGEST:g} s")
    elif outcome.status < 0:
        wrong.append(f"signal {-outcome.status} ended it")
    if "Traceback (most recent call last)" in told:
        wrong.append("a traceback")
    if _CONTROL.search(told):
        wrong.append("control characters in the output")
    executed = [path for path in box.root.rglob(f"*{EXECUTED}*") if path.is_file()]
    if executed:
        wrong.append("something was executed")
    if SECRET in told or any(SECRET.encode() in content for content in _shown(box)):
        wrong.append("the environment was read and shown")
    if any(_CONTROL.search(content.decode(errors="replace")) for content in _shown(box)):
        wrong.append("control characters in a file for people")
    return wrong


def _shown(box: Sandbox) -> list[bytes]:
    return [
        file.read_bytes()
        for folder in ("outputs", "run", "sweep")
        for file in (box.work / folder).rglob("*")
        if file.suffix in _SHOWN and file.is_file()
    ]
