from __future__ import annotations

import pytest
from hydra._internal.utils import get_args_parser

from lfx.command.options import put_options_last


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("a=1 --config-dir cfg b=2", "a=1 b=2 --config-dir cfg"),
        ("a=1 --config-dir=cfg b=2", "a=1 b=2 --config-dir=cfg"),
        ("-m a=1 -cd k=v b=2", "a=1 b=2 -m -cd k=v"),
        ("--cfg job a=1 --resolve -p data ~b.c", "a=1 ~b.c --cfg job --resolve -p data"),
        ("a=1 --info defaults b=2", "a=1 b=2 --info defaults"),
        ("a=1 --multirun", "a=1 --multirun"),
    ],
)
def test_options_stand_among_the_settings(typed, expected):
    arguments = put_options_last(typed.split())
    assert arguments == expected.split()
    get_args_parser().parse_args(arguments)  # Hydra takes all of it


def test_what_stands_behind_two_dashes_stays():
    assert put_options_last(["-m", "--", "a=1"]) == ["-m", "--", "a=1"]


def test_every_flag_of_hydra_is_known():
    for action in get_args_parser()._actions:
        if action.nargs == 0:
            for option in action.option_strings:
                assert put_options_last([option, "a=1"]) == ["a=1", option]
