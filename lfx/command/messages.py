"""Reporting all mistakes of a command line in one message; Hydra stops at the first."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from lfx.command.composer import Composer
from lfx.command.quoting import quote_as_one_text
from lfx.command.typed import circular_settings, first_line, unknown_setting
from lfx.command.uncomposed import endless_defaults, uncomposed
from lfx.runtime.files import is_folder
from lfx.runtime.locate import config_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hydra.core.config_loader import ConfigLoader
    from omegaconf import DictConfig

# Built-in errors that Hydra raises for some mistakes, such as GROUP=null.
PLAIN = (ValueError, KeyError, AssertionError, OSError, RecursionError)

# Errors whose type adds nothing to their message.
_WITHOUT_TYPE = (HydraException, OmegaConfBaseException, ValueError, RecursionError)
_SEARCHED = "hydra.searchpath="


def explain(error: BaseException, stage: str, arguments: Sequence[str]) -> str:
    """Return the mistakes of a command line.

    Each choice of a group is composed alone over the defaults, then each choice for a section, such
    as `loss@loss.first`, and each value over the choices that work; values of a sweep one by one.

    Args:
        error: raised by Hydra.
        stage: name of the root YAML file.
        arguments: the command line without the program; flags are ignored.

    Returns:
        One line for each mistake; Hydra's message if no override fails alone.
    """
    overrides = [
        text for text in arguments if "=" in text and not text.startswith(("-", _SEARCHED))
    ]
    several = _several_values(error, overrides)
    if several is not None and not {"-m", "--multirun"} & set(arguments):
        return several
    given = _config_dirs(arguments)
    folders = [folder for folder in given if is_folder(folder)]
    GlobalHydra.instance().clear()
    mistakes = [
        f"--config-dir={folder}: there is no such folder"
        for folder in given
        if folder not in folders
    ]
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        started = GlobalHydra.instance().hydra
        loader: ConfigLoader | None = None
        if started is not None:  # a sweep over a thousand values is checked in seconds
            loader = Composer(started.config_loader.get_search_path())
            started.config_loader = loader
        groups = [text for text in overrides if _names_a_group(text, [config_folder(), *folders])]
        values = [text for text in overrides if text not in groups]
        working: list[str] = []
        # An option for a section needs the option that has the section.
        for group in sorted(groups, key=lambda text: "@" in text.partition("=")[0]):
            choices = _expand_sweep(group, loader, mistakes)
            base = working if "@" in group.partition("=")[0] else []
            problems = [_problem(stage, [*base, choice], folders, {}) for choice in choices]
            mistakes += [problem for problem in problems if problem is not None]
            working += [
                choice for choice, problem in zip(choices, problems, strict=True) if problem is None
            ][:1]
        settings = _settings(stage, working, folders)
        for value in (item for text in values for item in _expand_sweep(text, loader, mistakes)):
            problem = _problem(stage, [*working, value], folders, settings)
            if problem is not None:
                mistakes.append(problem)
        if not mistakes and "Recursive interpolation" in str(error):
            mistakes = circular_settings(_composed(stage, [*working, *values], folders))
    return "\n".join(mistakes) if mistakes else _message(error, names_key=True)


def _several_values(error: BaseException, overrides: Sequence[str]) -> str | None:
    """Return the message for several values without a multirun; None for other errors."""
    match = re.match(r"Ambiguous value for argument '(.*?)'\n1\. ", str(error), re.DOTALL)
    if match is None:
        return None
    override = next((text for text in overrides if text.lstrip("+") == match[1]), match[1])
    return (
        f"{override}: several values are for a multirun: -m; a list is written with brackets: "
        f"KEY=[A,B]{_how_to_quote(override)}"
    )


def _how_to_quote(override: str) -> str:
    quoted = quote_as_one_text(override)
    return "" if quoted is None else f"\n  if all of it is one text, type {quoted}"


def _config_dirs(arguments: Sequence[str]) -> list[Path]:
    """Return the user's folders of configs, which Hydra searches before lfx's."""
    parser = ArgumentParser(add_help=False)
    parser.add_argument("--config-dir", "-cd", type=Path)
    given: Path | None = parser.parse_known_args(arguments)[0].config_dir
    folders = [] if given is None else [given.absolute()]
    for text in arguments:
        if text.startswith(_SEARCHED):
            names = text.removeprefix(_SEARCHED).strip("[]").split(",")
            paths = [name.strip(" '\"").removeprefix("file://") for name in names]
            folders += [Path(path).absolute() for path in paths if path and "://" not in path]
    return folders


def _names_a_group(override: str, folders: Sequence[Path]) -> bool:
    key = override.split("=", 1)[0].lstrip("+~").split("@")[0]
    return any((folder / key).is_dir() for folder in folders)


def _expand_sweep(override: str, loader: ConfigLoader | None, mistakes: list[str]) -> list[str]:
    """Return the override of each job of a sweep; add to `mistakes` if there are none."""
    try:
        (parsed,) = OverridesParser.create(config_loader=loader).parse_overrides([override])
        if not parsed.is_sweep_override():
            return [override]
        return [f"{parsed.get_key_element()}={value}" for value in parsed.sweep_string_iterator()]
    except HydraException:  # composing the override reports it
        return [override]
    except ValueError as error:  # such as a range whose step is 0
        mistakes.append(f"{override}: {error}")
        return []


def _composed(stage: str, overrides: list[str], folders: Sequence[Path]) -> DictConfig:
    searched = ", ".join(f"'file://{folder}'" for folder in folders)
    return compose(stage, overrides=[f"hydra.searchpath=[{searched}]", *overrides])


def _settings(stage: str, overrides: list[str], folders: Sequence[Path]) -> dict[str, Any]:
    """Return the settings in plain values; empty if they cannot be composed."""
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
        message = _message(error, settings, group=group).removeprefix(f"{group}: ")
        return f"{override}: {message}{hint}"
    return None


def _is_unknown(error: BaseException) -> bool:
    """Return whether the setting does not exist, so that quoting its value would not help."""
    return "Could not override" in str(error) or "not in" in str(error)


def _options(error: MissingConfigException, group: str) -> list[str]:
    """Return a group's options and folders, or the options in the folder of the missing file."""
    root = config_folder() / group
    folder = (config_folder() / str(error.missing_cfg_file)).parent
    if folder != root and folder.is_dir() and folder.is_relative_to(root):
        return _names(folder.glob("*.yaml"), root)
    inner = root.iterdir() if group and root.is_dir() else ()
    return [*(error.options or ()), *sorted(f"{path.name}/…" for path in inner if path.is_dir())]


def _names(files: Iterable[Path], root: Path) -> list[str]:
    return sorted(file.relative_to(root).with_suffix("").as_posix() for file in files)


def _message(
    error: BaseException,
    settings: dict[str, Any] | None = None,
    *,
    names_key: bool = False,
    group: str = "",
) -> str:
    """Return the root cause's message, shortened; with the key if `names_key`."""
    cause: BaseException = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    lines = str(cause).splitlines() or [type(cause).__name__]
    if lines[0].endswith("raised while composing config:"):
        file = lines[0].split(":", 1)[0].removeprefix("In ")
        return uncomposed(file, lines[1].strip())
    foreign = re.match(r"In '(.+?)': Could not override '(.+?)'\. No match in the", lines[0])
    if foreign:
        return (
            f"it chooses a {foreign[2]}, which this command does not have; the first lines of "
            f"conf/{foreign[1]}.yaml name its command"
        )
    unknown = re.match(r"Could not override '(.+?)'", str(error))
    if lines[0].startswith("Could not override") or "not in" in lines[0]:
        key = unknown[1] if unknown else ""
        message = unknown_setting(key, settings or {})
        return message if names_key and key else message.partition(": ")[2]
    if isinstance(cause, MissingConfigException) and cause.options:
        options = _options(cause, group)
        wanted = str(cause.missing_cfg_file).rpartition("/")[2]
        close = get_close_matches(wanted, options, n=1, cutoff=0.7)
        hint = f"did you mean {close[0]}? all: " if close else "choose from: "
        return f"there is no {cause.missing_cfg_file!r}; {hint}{', '.join(options)}"
    if lines[0].startswith("Config group override must be"):
        root = config_folder() / group
        return f"it must not be null; choose from: {', '.join(_names(root.rglob('*.yaml'), root))}"
    message = endless_defaults(cause) if isinstance(cause, RecursionError) else first_line(cause)
    return message if isinstance(cause, _WITHOUT_TYPE) else f"{type(cause).__name__}: {message}"
