"""Run parts of the campaign, two processes at once, and count what came of them."""

from __future__ import annotations

import random
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from campaign.judge import attack
from campaign.kills import WORKS, kill_and_carry_on, whole_run
from campaign.sandbox import new_sandbox
from campaign.together import alone, needed, start_together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from campaign.case import Case
    from campaign.material import Material

AT_ONCE = 2
_MOST_TOLD = 1500
Task = TypeVar("Task")


@dataclass(frozen=True)
class Result:
    """What came of one case, kill or group.

    Attributes:
        name: what it is.
        kind: what it is counted as.
        outcome: in a word.
        wrong: all that is wrong with it.
        told: what helps to mend it.
    """

    name: str
    kind: str
    outcome: str
    wrong: list[str]
    told: str = ""

    def lines(self) -> str:
        """Give a line, and where something is wrong what helps to mend it."""
        shown = f"{self.name}: {self.outcome}"
        if not self.wrong:
            return shown
        told = "".join(f"\n    | {line[:300]}" for line in self.told.splitlines())
        return f"{shown}\n    WRONG: {'; '.join(self.wrong)}{told}"


def run_case(case: Case, material: Material) -> Result:
    """Run one case."""
    box = new_sandbox()
    try:
        outcome, wrong = attack(case, box, material)
    except Exception as error:  # noqa: BLE001, a case that cannot be run is one that is wrong
        wrong = [f"the case itself failed: {error}"]
        return Result(case.name, case.kind.value, "broken", wrong, traceback.format_exc())
    finally:
        box.clear()
    command = " ".join([f"lfx.{case.stage}", *case.arguments])
    told = f"{command}\n{(outcome.out + outcome.err)[-_MOST_TOLD:]}"
    how = {0: "right", 2: "refused"}.get(outcome.status, f"status {outcome.status}")  # type: ignore[call-overload]
    return Result(case.name, case.kind.value, f"{how}, {outcome.seconds:.1f} s", wrong, told)


def run_cases(cases: Iterable[Case], material: Material) -> Iterator[Result]:
    """Run cases."""
    return _side_by_side(cases, lambda case: run_case(case, material))


def run_kills(kind: str, count: int, seed: int, material: Material) -> Iterator[Result]:
    """Kill one kind of work so many times."""
    whole = whole_run(kind, material)

    def once(number: int) -> Result:
        chance = random.Random(f"{kind} {seed} {number}")
        killed = kill_and_carry_on(kind, whole, chance, material)
        return Result(f"kills/{kind}/{number}", f"kills of {kind}", killed.how, killed.wrong)

    return _side_by_side(range(count), once)


def run_all_kills(count: int, seed: int, material: Material) -> Iterator[Result]:
    """Kill each kind of work so many times."""
    for kind in WORKS:
        yield from run_kills(kind, count, seed, material)


def run_groups(count: int, seed: int) -> Iterator[Result]:
    """Start groups of three trainings, one group after the other."""
    bits = {kind: alone(kind) for kind in needed(count)}
    for number in range(count):
        group = start_together(number, bits, random.Random(f"together {seed} {number}"))
        name = f"together/{number}"
        yield Result(name, "groups of three", f"{', '.join(group.kinds)} {group.how}", group.wrong)


def count_results(results: Iterable[Result]) -> dict[str, Any]:
    """Count results by kind and outcome, and name those that are wrong."""
    kept = list(results)
    are_cases = {"right", "refused"}
    words = (one.outcome.partition(",")[0] for one in kept)
    return {
        "attempts": dict(Counter(one.kind for one in kept)),
        "outcomes": dict(Counter(word if word in are_cases else "others" for word in words)),
        "wrong": [one.name for one in kept if one.wrong],
    }


def _side_by_side(tasks: Iterable[Task], do: Callable[[Task], Result]) -> Iterator[Result]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield from pool.map(do, tasks)
