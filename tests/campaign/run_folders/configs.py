"""Configs that read the environment, run code or never end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from campaign.case import Case

from campaign.run_folders.changing import Change, bomb, case, config, config_replaced


def _config_more(text: str) -> Change:
    """Add lines to a config that is right otherwise."""

    def edit(run: Path) -> None:
        file = run / ".hydra/config.yaml"
        file.write_text(file.read_text() + text)

    return edit


def _configs() -> list[Case]:
    secret = "${oc.env:SECRET}"
    python = "!!python/object/apply:os.system ['touch ../../EXECUTED ../EXECUTED EXECUTED']"
    return [
        case("config_reads_environment", config_replaced("name: plain", f"name: {secret}")),
        case("config_environment_elsewhere", config_replaced("name: text", f"name: {secret}")),
        case(
            "config_environment_in_encoder",
            config_replaced("name: tiny_text", f"name: '{secret}'"),
        ),
        case(
            "config_decodes",
            config_replaced("name: plain", "name: ${oc.decode:'${oc.env:SECRET}'}"),
        ),
        case("config_creates", config_replaced("name: plain", "name: ${oc.create:{a:1}}")),
        case("config_refers_to_itself", config_replaced("name: plain", "name: ${data.name}")),
        case("config_refers_to_nothing", config_replaced("name: plain", "name: ${no.such}")),
        case("config_unknown_resolver", config_replaced("name: plain", "name: ${evil:1}")),
        case("config_unclosed", config_replaced("name: plain", "name: ${")),
        case("config_alias_bomb", config(bomb(9))),
        case("config_alias_bomb_beside", _config_more(bomb(12))),
        case("config_alias_cycle", config("a: &a [*a]\n")),
        case("config_deep_flow", config("a: " + "[" * 20_000)),
        case("config_deep_closed", _config_more("deep: " + "[" * 3000 + "]" * 3000 + "\n")),
        case("config_deep_mapping", config("\n".join(" " * at + "a:" for at in range(3000)))),
        case("config_python_object", config(f"data:\n  name: {python}\n")),
        case("config_python_object_beside", _config_more(f"evil: {python}\n")),
        case("config_python_name", _config_more("evil: !!python/name:os.system\n")),
        case("config_python_tuple", _config_more("evil: !!python/tuple [1, 2]\n")),
        case(
            "config_target",
            _config_more("evil:\n  _target_: os.system\n  command: touch EXECUTED\n"),
        ),
        case("config_empty", config("")),
        case("config_list", config("- 1\n- 2\n")),
        case("config_number", config("5\n")),
        case("config_tabs", config("a:\n\tb: 1\n")),
        case(
            "config_binary",
            lambda run: (run / ".hydra/config.yaml").write_bytes(bytes(range(256)) * 9),
        ),
        case("config_nul", config("a: \0\n")),
        case("config_key_twice", _config_more("seed: 1\n")),
        case("config_key_number", _config_more("5: x\nnull: y\ntrue: z\n")),
        case("config_date", _config_more("when: 2024-01-01\n")),
        case("config_huge_number", config_replaced("seed: 0", "seed: " + "9" * 5000)),
        case(
            "config_megabytes",
            _config_more("more:\n" + "".join(f"  k{at}: v\n" for at in range(20_000))),
        ),
        case("config_data_missing", config("name: text\nseed: 0\n")),
        case("config_data_list", config("data: [1]\nname: text\n")),
        case("config_data_name_list", config("data:\n  name: [a]\nname: text\n")),
        case("config_encoder_list", config_replaced("name: tiny_text", "name: [a, b]")),
        case("config_gone", lambda run: (run / ".hydra/config.yaml").unlink()),
        case(
            "config_is_a_folder",
            lambda run: (
                (run / ".hydra/config.yaml").unlink(),
                (run / ".hydra/config.yaml").mkdir(),
            ),
        ),
        case(
            "config_is_a_link_out",
            lambda run: (
                (run / ".hydra/config.yaml").unlink(),
                (run / ".hydra/config.yaml").symlink_to("/etc/passwd"),
            ),
        ),
        case(
            "config_escape_in_data_name",
            config_replaced("name: plain", 'name: "\\e[2J\\e]0;owned\\a"'),
        ),
        case(
            "config_markup_in_data_name",
            config_replaced("name: plain", "name: '[red]<script>alert(1)</script>|x|'"),
        ),
        case("config_formula_in_data_name", config_replaced("name: plain", "name: '=1+1'")),
        case("config_line_end_in_data_name", config_replaced("name: plain", 'name: "a\\r\\nb"')),
    ]


CASES = [*_configs()]
