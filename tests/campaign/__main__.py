"""Attack lfx: bad inputs, hostile files, kills at random moments, runs started together.

`make campaign` runs all of it; `--part`, `--only` and `--sample` run less. What it counts is
written where `--output` says, each part with its seconds; parts that were not run keep theirs. It
ends with status 1 where anything went wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign.catalogue import all_cases
from campaign.kills import KILLS
from campaign.material import Material
from campaign.running import Result, count_results, run_all_kills, run_cases, run_groups
from campaign.together import GROUPS, OF_EACH

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PARTS = ("cases", "kills", "together")


def main() -> None:
    """Run what the command line asks for."""
    options = _options()
    cases = [case for case in all_cases() if options.only in case.name]
    if options.sample is not None:
        cases = random.Random(options.seed).sample(cases, min(options.sample, len(cases)))
    if options.list:
        print(*(case.name for case in cases), sep="\n")
        print(len(cases), dict(Counter(case.kind.value for case in cases)))
        return
    print(f"seed {options.seed}", flush=True)
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="lfx_campaign_") as folder:
        material = Material(options.material or Path(folder))
        parts = {
            "cases": lambda: run_cases(cases, material),
            "kills": lambda: run_all_kills(options.kills, options.seed, material),
            "together": lambda: run_groups(options.groups, options.seed),
        }
        for part in options.part or _PARTS:
            start = time.monotonic()
            counts = count_results(_told(parts[part]()))
            found[part] = counts | {"seconds": round(time.monotonic() - start)}
    summary = {
        "seed": options.seed,
        "machine": {"processors": os.cpu_count(), "python": platform.python_version()},
        "kills of each": options.kills,
        "trainings in a group": OF_EACH,
        **found,
    }
    print(json.dumps(summary, indent=2))
    if options.output is not None:
        if options.output.is_file():  # parts that were not run keep their counts
            summary = json.loads(options.output.read_text()) | summary
        options.output.write_text(json.dumps(summary, indent=2) + "\n")
    sys.exit(any(part["wrong"] for part in found.values()))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m campaign", description=__doc__)
    parser.add_argument(
        "--part", choices=_PARTS, action="append", help="only this; may be repeated"
    )
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--sample", type=int, help="so many cases, drawn by the seed")
    parser.add_argument("--kills", type=int, default=KILLS, help="of each kind of work")
    parser.add_argument("--groups", type=int, default=GROUPS, help="of trainings started together")
    parser.add_argument("--seed", type=int, default=0, help="of moments, signals and the sample")
    parser.add_argument("--output", type=Path, help="a JSON file for the counts")
    parser.add_argument("--material", type=Path, help="a folder for what cases start from, kept")
    parser.add_argument("--list", action="store_true", help="name the cases, run none")
    return parser.parse_args()


def _told(results: Iterable[Result]) -> Iterator[Result]:
    for result in results:
        print(result.lines(), flush=True)
        yield result


if __name__ == "__main__":
    main()
