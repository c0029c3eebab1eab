"""`--help`: a command's options and settings, without Hydra's copies of all configs."""

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

from lfx.command.docstrings import field_comments
from lfx.command.register import SCHEMAS
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
    """Make Hydra show lfx's help; Hydra's own copies every schema once for each group."""
    Hydra.app_help = _app_help  # type: ignore[method-assign]


def _app_help(self: Hydra, config_name: str | None, args_parser: ArgumentParser, args: Any) -> None:
    config = self.compose_config(
        config_name, args.overrides, RunMode.RUN, with_log_configuration=True
    )
    HydraConfig.instance().set_config(config)
    template, choices = config.hydra.help.template, config.hydra.runtime.choices
    folders = [
        Path(entry.path.removeprefix("file://"))
        for entry in self.config_loader.get_search_path().get_path()
        if entry.path is not None and (entry.path.startswith("file://") or "://" not in entry.path)
    ]
    parts: dict[str, Callable[[], str]] = {
        "APP_CONFIG_GROUPS": partial(
            list_groups, str(config_name), folders, [str(key) for key in choices]
        ),
        "HYDRA_CONFIG_GROUPS": partial(self.format_config_groups, _is_hydra_group),
        "FLAGS_HELP": partial(self.format_args_help, args_parser),
        "COMMAND": partial(describe_command, str(config_name)),
        "OPTIONS": partial(describe_options, config),
        "CONFIG": partial(_settings, config, resolve=args.resolve),
    }
    print(string.Template(template).substitute(_LazyParts(parts)))  # noqa: T201


def list_groups(command: str, folders: Sequence[Path], choices: Sequence[str]) -> str:
    """List the options of a command's groups, one line per group.

    Args:
        command: its name.
        folders: folders of configs.
        choices: the groups that the command chooses from, `GROUP` or `GROUP@PACKAGE`.

    Returns:
        `GROUP: OPTION, …`, wrapped; folders within a group are listed as groups. Options that
        override groups of other commands are left out, and so are experiments for other commands.
    """
    tops = {choice.partition("@")[0].partition("/")[0] for choice in choices} - {"hydra"}
    options: dict[str, set[str]] = {}
    for folder in folders:
        for top in tops:
            for file in (folder / top).rglob("*.yaml"):
                group = file.parent.relative_to(folder).as_posix()
                text = file.read_text(encoding="utf-8", errors="replace")
                commands = set(_COMMAND.findall(text)) or {command}
                is_foreign = top == _EXPERIMENT and command not in commands
                if not is_foreign and _overridden_groups(text) <= tops | {"hydra"}:
                    options.setdefault(group, set()).add(file.stem)
    lines = [f"{group}: {', '.join(sorted(options[group]))}" for group in sorted(options)]
    return "".join(
        textwrap.fill(line, _WIDTH, subsequent_indent="  ", break_on_hyphens=False) + "\n"
        for line in lines
    )


def _overridden_groups(text: str) -> set[str]:
    """Return the outermost groups that an option's defaults override."""
    return {group.partition("/")[0] for group in _OVERRIDE.findall(text)}


def _is_hydra_group(group: str) -> bool:
    return group == "hydra" or group.startswith("hydra/")


def describe_command(command: str) -> str:
    """Describe a command's own settings by the comments of its dataclass."""
    for schema in SCHEMAS:
        if schema.__name__ == f"{command.title()}Config":
            items = field_comments(schema).items()
            return "".join(f"{_wrapped(f'{name}: {text}')}\n" for name, text in items)
    return ""


def _wrapped(text: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


def describe_options(config: DictConfig) -> str:
    """Describe the settings of the chosen options by their classes' docstrings."""
    sections = {str(key): part for key, part in config.items_ex(resolve=False) if key != "hydra"}
    lines = [line for key, part in sections.items() for line in _describe_section(key, part)]
    return "\n".join(lines) + "\n"


def _describe_section(key: str, section: Any) -> Iterator[str]:
    """Yield the description of a section's settings, and of sections within it."""
    target = section_target(section)
    if target is None:
        return
    try:
        schema = schema_of(target)
    except ConfigError:  # composing the config reports it
        return
    about = f"{key}={section.get('name', target)}: {schema.__doc__ or target}"
    yield from textwrap.wrap(about, _WIDTH, subsequent_indent="  ")
    for name, setting in settings_of(schema).items():
        sentence = setting.sentence[:1].upper() + setting.sentence[1:]
        text = ". ".join(filter(None, [describe(setting.annotation), sentence]))
        yield _wrapped(f"{key}.{name}: {text}".rstrip(" :"))
    for name, part in section.items_ex(resolve=False):
        yield from _describe_section(f"{key}.{name}", part)


def _settings(config: DictConfig, *, resolve: bool) -> str:
    with flag_override(config, ["struct", "readonly"], [False, False]):
        del config["hydra"]
    return OmegaConf.to_yaml(config, resolve=resolve)


class _LazyParts(Mapping[str, str]):
    """The parts of the help; each is made when the template uses it."""

    def __init__(self, parts: Mapping[str, Callable[[], str]]) -> None:
        self._parts = parts

    def __getitem__(self, name: str) -> str:
        return self._parts[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)
