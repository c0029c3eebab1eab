"""Ways of changing a run's folder, and a case of reporting it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign.case import Case, Expectation, Kind, left, right, said

if TYPE_CHECKING:
    from campaign.material import Material

ON = ("runs=old", "hydra.run.dir=run")

# The other run is whole, so there is a report in any case.
REPORTED = right(left("run/report.csv"), said("image"))

Change = Callable[[Path], object]


def case(
    name: str,
    change: Change,
    expect: Expectation = REPORTED,
    *arguments: str,
    of: tuple[str, ...] = ("text", "image"),
) -> Case:
    """Make a case of a report over two runs, of which the first was changed."""

    def prepare(work: Path, material: Material) -> None:
        material.put_trained(work, *of)
        change(work / "old" / of[0])

    return Case(
        f"run_folders/{name}",
        Kind.hostile_file,
        "report",
        arguments or ON,
        expect,
        prepare,
        writes=("old/sweep/sweep.*",),  # sweep=DIRECTORY makes a multirun's table anew
    )


def edited_json(file: str, change: Callable[[dict[str, Any]], object]) -> Change:
    def edit(run: Path) -> None:
        content = json.loads((run / file).read_text())
        changed = change(content)
        (run / file).write_text(changed if isinstance(changed, str) else json.dumps(content))

    return edit


def config(text: str) -> Change:
    return lambda run: (run / ".hydra/config.yaml").write_text(text)


def config_replaced(old: str, new: str) -> Change:
    def edit(run: Path) -> None:
        file = run / ".hydra/config.yaml"
        text = file.read_text()
        assert old in text, old
        file.write_text(text.replace(old, new))

    return edit


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{at}: &a{at} [{','.join([f'*a{at - 1}'] * 10)}]" for at in range(1, levels)]
    return "\n".join(lines) + "\n"
