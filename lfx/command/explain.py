"""Every mistake on a command line in one message; Hydra itself stops at the first."""

from __future__ import annotations

import re
import traceback
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfx.command.composer import Composer
from lfx.command.quoting import typed_as_one
from lfx.configuration.locate import config_folder
from lfx.configuration.typed import circular_settings, first_line, unknown_setting
from lfx.runtime.files import is_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydra.core.config_loader import ConfigLoader
    from omegaconf import DictConfig

# Python's own errors that Hydra raises for some mistakes, such as GROUP=null.
PLAIN = (ValueError, KeyError, AssertionError, OSError, RecursionError)

# Errors whose kind adds nothing to what they say.
_SAY_IT_ALL = (HydraException, OmegaConfBaseException, ValueError, RecursionError)
# Groups whose files set whatever is in the root, not a section of the group's name.
_WITHOUT_PACKAGE = ("experiment",)


def explain(error: BaseException, stage: str, arguments: Sequence[str]) -> str:
    """Say what is wrong with a command line.

    Choices of groups are tried one by one over the defaults, then each value over the choices that
    work; each value of a sweep by itself.

    Args:
        error: what Hydra raised.
        stage: name of the root YAML file.
        arguments: the command line without the program; flags are passed over.

    Returns:
        One line a mistake; what Hydra said where none of them fails by itself.
    """
    overrides = [text for text in arguments if "=" in text and not text.startswith("-")]
    several = _several_values(error, overrides)
    if several is not None and not {"-m", "--multirun"} & set(arguments):
        return several
    given = _own_folders(arguments)
    folders = [folder for folder in given if is_folder(folder)]
    GlobalHydra.instance().clear()
    found = [
        f"--config-dir={folder}: there is no such folder"
        for folder in given
        if folder not in folders
    ]
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        started = GlobalHydra.instance().hydra
        loader: ConfigLoader | None = None
        if started is not None:  # a sweep over a thousand values is tried in seconds
            loader = Composer(started.config_loader.get_search_path())
            started.config_loader = loader
        groups = [text for text in overrides if _names_a_group(text, [config_folder(), *folders])]
        values = [text for text in overrides if text not in groups]
        working: list[str] = []
        for group in groups:
            choices = _swept(group, loader, found)
            problems = [_problem(stage, [choice], folders, {}) for choice in choices]
            found += [problem for problem in problems if problem is not None]
            working += [
                choice for choice, problem in zip(choices, problems, strict=True) if problem is None
            ][:1]
        settings = _settings(stage, working, folders)
        for value in (choice for text in values for choice in _swept(text, loader, found)):
            problem = _problem(stage, [*working, value], folders, settings)
            if problem is not None:
                found.append(problem)
        if not found and "Recursive interpolation" in str(error):
            found = circular_settings(_composed(stage, [*working, *values], folders))
    return "\n".join(found) if found else _message(error, names_key=True)


def _several_values(error: BaseException, overrides: Sequence[str]) -> str | None:
    """Say what to do about values that only a multirun takes; None where none are."""
    named = re.match(r"Ambiguous value for argument '(.*?)'\n1\. ", str(error), re.DOTALL)
    if named is None:
        return None
    override = next((text for text in overrides if text.lstrip("+") == named[1]), named[1])
    return (
        f"{override}: several values are for a multirun: -m; a list is written with brackets: "
        f"KEY=[A,B]{_how_to_quote(override)}"
    )


def _how_to_quote(override: str) -> str:
    typed = typed_as_one(override)
    return "" if typed is None else f"\n  if all of it is one text, type {typed}"


def _own_folders(arguments: Sequence[str]) -> list[Path]:
    """Find the user's own folder of configs, which Hydra looks through before lfx's."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--config-dir", "-cd", type=Path)
    given: Path | None = parser.parse_known_args(arguments)[0].config_dir
    return [] if given is None else [given.absolute()]


def _names_a_group(override: str, folders: Sequence[Path]) -> bool:
    key = override.split("=", 1)[0].lstrip("+~").split("@")[0]
    return any((folder / key).is_dir() for folder in folders)


def _swept(override: str, loader: ConfigLoader | None, found: list[str]) -> list[str]:
    """Give each job's override of a sweep; what cannot be counted through is found wrong."""
    try:
        (parsed,) = OverridesParser.create(config_loader=loader).parse_overrides([override])
        if not parsed.is_sweep_override():
            return [override]
        return [f"{parsed.get_key_element()}={value}" for value in parsed.sweep_string_iterator()]
    except HydraException:  # composing it tells what is wrong
        return [override]
    except ValueError as error:  # such as a range whose step is 0
        found.append(f"{override}: {error}")
        return []


def _composed(stage: str, overrides: list[str], folders: Sequence[Path]) -> DictConfig:
    searched = ", ".join(f"'file://{folder}'" for folder in folders)
    return compose(stage, overrides=[f"hydra.searchpath=[{searched}]", *overrides])


def _settings(stage: str, overrides: list[str], folders: Sequence[Path]) -> dict[str, Any]:
    """Give the settings that there are; nothing where they cannot be composed."""
    try:
        settings: Any = OmegaConf.to_container(_composed(stage, overrides, folders))
    except (HydraException, OmegaConfBaseException, *PLAIN):
        return {}
    return settings if isinstance(settings, dict) else {}


def _problem(
    stage: str, overrides: list[str], folders: Sequence[Path], settings: dict[str, Any]
) -> str | None:
    try:
        _composed(stage, overrides, folders)
    except (HydraException, OmegaConfBaseException, *PLAIN) as error:
        override = overrides[-1].lstrip("+")
        group = override.partition("=")[0].partition("@")[0]
        hint = "" if _is_unknown(error) else _how_to_quote(override)
        return f"{override}: {_message(error, settings, group=group)}{hint}"
    return None


def _is_unknown(error: BaseException) -> bool:
    """Say whether there is no such setting, which quotes do not change."""
    return "Could not override" in str(error) or "not in" in str(error)


def _options(error: MissingConfigException, group: str) -> list[str]:
    """Give a group's options and the folders in it, or the options in the folder that was asked."""
    missing = str(error.missing_cfg_file)
    own, asked = config_folder() / group, (config_folder() / missing).parent
    if asked != own and asked.is_dir() and asked.is_relative_to(own):
        files = asked.glob("*.yaml")
        return sorted(file.relative_to(own).with_suffix("").as_posix() for file in files)
    folders = own.iterdir() if group and own.is_dir() else ()
    return [*(error.options or ()), *sorted(f"{one.name}/…" for one in folders if one.is_dir())]


def _choices(group: str) -> list[str]:
    folder = config_folder() / group
    files = sorted(folder.rglob("*.yaml"))
    return [file.relative_to(folder).with_suffix("").as_posix() for file in files]


def _message(
    error: BaseException,
    settings: dict[str, Any] | None = None,
    *,
    names_key: bool = False,
    group: str = "",
) -> str:
    """Give the innermost message, shortened to what helps, with the key where nobody names it."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    lines = str(cause).splitlines() or [type(cause).__name__]
    if lines[0].endswith("raised while composing config:"):
        file = lines[0].split(":", 1)[0].removeprefix("In ")
        return _uncomposed(file, lines[1].strip())
    foreign = re.match(r"In '(.+?)': Could not override '(.+?)'\. No match in the", lines[0])
    if foreign:
        return (
            f"it chooses a {foreign[2]}, which this stage does not; conf/{foreign[1]}.yaml opens "
            "with the command that it is for"
        )
    unknown = re.match(r"Could not override '(.+?)'", str(error))
    if lines[0].startswith("Could not override") or "not in" in lines[0]:
        key = unknown[1] if unknown else ""
        told = unknown_setting(key, settings or {})
        return told if names_key and key else told.partition(": ")[2]
    if isinstance(cause, MissingConfigException) and cause.options:
        options = ", ".join(_options(cause, group))
        return f"there is no {cause.missing_cfg_file!r}; choose from: {options}"
    if lines[0].startswith("Config group override must be"):
        return f"it must not be null; choose from: {', '.join(_choices(group))}"
    told = _endless_defaults(cause) if isinstance(cause, RecursionError) else first_line(cause)
    is_plain = isinstance(cause, _SAY_IT_ALL)
    return told if is_plain else f"{type(cause).__name__}: {told}"


def _uncomposed(file: str, what: str) -> str:
    group = file.strip("'").partition("/")[0]
    if group in _WITHOUT_PACKAGE and what.startswith(f"Key '{group}' not in"):
        return f"{file}: the first line of an {group} has to be `# @package _global_`"
    return f"{file} cannot be composed: {what}"


def _endless_defaults(error: RecursionError) -> str:
    """Name the files whose defaults lead back to themselves, by where Hydra gave up."""
    nodes = [
        frame.f_locals.get("parent")
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_name == "_create_defaults_tree_impl"
    ]
    files = [node.get_config_path() for node in nodes if node is not None]
    circle = [file for file, times in Counter(files).items() if times > 1]
    if not circle:
        return "it is nested too deeply"
    return " -> ".join([*circle, circle[0]]) + ": these defaults lead back to themselves"
