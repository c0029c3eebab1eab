"""`--help`: a command's own choices and settings, without Hydra's copying of all configs."""

from __future__ import annotations

import re
import string
import textwrap
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra._internal.hydra import Hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, flag_override

from lfx.command.signature import schema_of, section_target, settings_of
from lfx.runtime.errors import ConfigError
from lfx.runtime.settings import describe

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable, Sequence


_OVERRIDE = re.compile(r"^\s*-\s*override /?([\w/]+)", re.MULTILINE)
_EXPERIMENT = "experiment"
_WIDTH = 80
_COMMAND = re.compile(r"^#.*python -m lfx\.(\w+)", re.MULTILINE)


def use_own_help() -> None:
    """Let Hydra show lfx's help; its own copies every schema once for each group."""
    Hydra.app_help = _app_help  # type: ignore[method-assign]


def _app_help(self: Hydra, config_name: str | None, args_parser: ArgumentParser, args: Any) -> None:
    config = self.compose_config(
        config_name, args.overrides, RunMode.RUN, with_log_configuration=True
    )
    HydraConfig.instance().set_config(config)
    template, choices = config.hydra.help.template, config.hydra.runtime.choices
    folders = [
        Path(one.path.removeprefix("file://"))
        for one in self.config_loader.get_search_path().get_path()
        if one.path is not None and (one.path.startswith("file://") or "://" not in one.path)
    ]
    parts: dict[str, Callable[[], str]] = {
        "APP_CONFIG_GROUPS": partial(
            list_groups, str(config_name), folders, [str(key) for key in choices]
        ),
        "HYDRA_CONFIG_GROUPS": partial(self.format_config_groups, _is_hydras),
        "FLAGS_HELP": partial(self.format_args_help, args_parser),
        "OPTIONS": partial(describe_options, config),
        "CONFIG": partial(_settings, config, resolve=args.resolve),
    }
    print(string.Template(template).substitute(_Made(parts)))  # noqa: T201


def list_groups(command: str, folders: Sequence[Path], choices: Sequence[str]) -> str:
    """List the options of a command's groups, a line a group.

    Args:
        command: its name.
        folders: where configs lie.
        choices: the groups that the command chooses from, `GROUP` or `GROUP@PLACE`.

    Returns:
        `GROUP: OPTION, …`; the folders within a group are groups of their own. An option that
        chooses for another command's groups is left out, and so is an experiment that opens with
        another command.
    """
    own = {choice.partition("@")[0] for choice in choices}
    tops = {group.partition("/")[0] for group in own} - {"hydra"}
    found: dict[str, set[str]] = {}
    for folder in folders:
        for top in tops:
            for file in (folder / top).rglob("*.yaml"):
                group = file.parent.relative_to(folder).as_posix()
                text = file.read_text(encoding="utf-8", errors="replace")
                is_foreign = top == _EXPERIMENT and command not in _commands(text, command)
                if not is_foreign and _chosen_for(text) <= tops | {"hydra"}:
                    found.setdefault(group, set()).add(file.stem)
    return "".join(f"{group}: {', '.join(sorted(found[group]))}\n" for group in sorted(found))


def _commands(text: str, usual: str) -> set[str]:
    """Give the commands that a file opens with; the usual one where it names none."""
    return set(_COMMAND.findall(text)) or {usual}


def _chosen_for(text: str) -> set[str]:
    """Give the outermost groups that an option chooses for."""
    groups = _OVERRIDE.findall(text)
    return {group.partition("/")[0] for group in groups}


def _is_hydras(group: str) -> bool:
    return group == "hydra" or group.startswith("hydra/")


def describe_options(config: DictConfig) -> str:
    """Explain the settings of the options that are chosen, as their classes' docstrings do."""
    sections = {str(key): part for key, part in config.items_ex(resolve=False) if key != "hydra"}
    lines = [line for key, part in sections.items() for line in _described(key, part)]
    return "\n".join(lines) + "\n"


def _described(key: str, section: Any) -> Iterator[str]:
    """Explain a section's settings, and those of sections within it."""
    target = section_target(section)
    if target is None:
        return
    try:
        schema = schema_of(target)
    except ConfigError:  # which composing tells, where it matters
        return
    about = f"{key}={section.get('name', target)}: {schema.__doc__ or target}"
    yield from textwrap.wrap(about, _WIDTH, subsequent_indent="  ")
    for name, one in settings_of(schema).items():
        told = ". ".join(filter(None, [describe(one.annotation), _capital(one.sentence)]))
        yield from textwrap.wrap(
            f"{key}.{name}: {told}",
            _WIDTH,
            initial_indent="  ",
            subsequent_indent="    ",
            break_on_hyphens=False,
        )
    for name, part in section.items_ex(resolve=False):
        yield from _described(f"{key}.{name}", part)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _settings(config: DictConfig, *, resolve: bool) -> str:
    with flag_override(config, ["struct", "readonly"], [False, False]):
        del config["hydra"]
    return OmegaConf.to_yaml(config, resolve=resolve)


class _Made(Mapping[str, str]):
    """Makes a part of the help when the template asks for it."""

    def __init__(self, parts: Mapping[str, Callable[[], str]]) -> None:
        self._parts = parts

    def __getitem__(self, name: str) -> str:
        return self._parts[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)
