"""A seeded sample of the campaign; `make campaign` runs all of it.

Another sample: LFX_CAMPAIGN_SEED=7 python -m pytest tests/campaign.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from campaign.case import Kind
from campaign.catalogue import all_cases
from campaign.kills import WORKS, kill_and_carry_on, whole_run
from campaign.material import Material
from campaign.running import run_case
from campaign.together import alone, needed, start_together

if TYPE_CHECKING:
    from campaign.bits import Bits
    from campaign.case import Case

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("LFX_CAMPAIGN_SEED", "0"))
_CASES, _GROUPS = 48, 1


def _sample() -> list[Case]:
    return random.Random(SEED).sample(all_cases(), _CASES)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return Material(tmp_path_factory.mktemp("material"))


def test_the_catalogue_is_as_large_as_it_claims() -> None:
    kinds = Counter(case.kind for case in all_cases())
    assert kinds[Kind.bad_input] >= 250
    assert kinds[Kind.hostile_file] >= 60
    assert {case.stage for case in all_cases()} == {"train", "augment", "predict", "fuse", "report"}


@pytest.mark.parametrize("case", _sample(), ids=lambda case: case.name)
def test_a_case_ends_as_it_has_to(case: Case, material: Material) -> None:
    result = run_case(case, material)
    assert not result.wrong, result.lines()


@pytest.mark.parametrize("kind", WORKS)
def test_what_was_killed_ends_with_the_bits_of_what_was_not(kind: str, material: Material) -> None:
    whole = whole_run(kind, material)
    killed = kill_and_carry_on(kind, whole, random.Random(f"{kind} {SEED}"), material)
    assert not killed.wrong, f"seed {SEED}: {killed.how}: {killed.wrong}"


def test_trainings_that_start_together_have_the_bits_of_one_alone() -> None:
    bits: dict[str, Bits] = {kind: alone(kind) for kind in needed(_GROUPS)}
    for number in range(_GROUPS):
        group = start_together(number, bits, random.Random(SEED))
        assert not group.wrong, f"{group.kinds} {group.how}: {group.wrong}"
