"""Reading a YAML file of settings; errors name the file and the line."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hydra._internal.config_repository import ConfigRepository
from hydra.core.object_type import ObjectType
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigLoadError
from omegaconf import ListConfig
from omegaconf.errors import OmegaConfBaseException

from lfx.command.bases import extend_bases, extends_another, read_file
from lfx.command.signature import section_target, with_schema
from lfx.command.typed import first_line
from lfx.runtime.errors import ConfigError

if TYPE_CHECKING:
    from hydra.plugins.config_source import ConfigResult

# The number of values in a file with its aliases expanded; lfx's files have fewer than 100.
_MOST_VALUES = 100_000
# OmegaConf copies and merges by recursion, which Python stops at about 100 levels.
_DEEPEST = 40

# Groups whose options are checked against the class that they name.
_DERIVED = (
    *("augmenter", "calibration", "data", "encoder", "fusion", "head", "joint", "logger", "loss"),
    *("modality", "reference", "score", "trainer", "training"),
)

# Errors that YAML, OmegaConf and Python raise for a file's content.
_CONTENT_ERRORS = (
    *(yaml.YAMLError, OmegaConfBaseException),
    *(ArithmeticError, AttributeError, LookupError, OSError, TypeError, ValueError),
    RecursionError,
)


def use_own_loading() -> None:
    """Make Hydra read files through `load_file`; calling it twice is harmless."""
    ConfigRepository.load_config = load_file  # type: ignore[method-assign, assignment]


def load_file(repository: ConfigRepository, config_path: str) -> ConfigResult | None:
    """Read a file of settings as Hydra does.

    Args:
        repository: Hydra's folders of configs.
        config_path: the file's path in the first of them that has it.

    Raises:
        ConfigLoadError: the file is not YAML, or has wrong settings; the message names file and
            line.
    """
    source = repository._find_object_source(config_path, ObjectType.CONFIG)  # noqa: SLF001
    file = None
    if source is not None and source.scheme() == "file":
        file = Path(source.path) / source._normalize_file_name(config_path)  # noqa: SLF001
    try:
        return _checked(repository, config_path, file)
    except HydraException:
        raise
    except ConfigError as error:
        problem = f": {error}"
    except _CONTENT_ERRORS as error:
        if isinstance(error, OSError) and error.errno is not None:  # it names the file
            raise
        problem = _describe(error)
    # Outside of `except`: messages show the root cause, which does not name the file.
    raise ConfigLoadError(f"{file or config_path}{problem}")


def _checked(
    repository: ConfigRepository, config_path: str, file: Path | None
) -> ConfigResult | None:
    if file is not None:
        text = file.read_text(encoding="utf-8")
        if text.startswith("\ufeff"):  # Hydra would miss a `# @package` in the first line
            raise ValueError("it begins with a byte-order mark; save it as UTF-8 without one")
        _check_size(text)
    loaded = read_file(repository, config_path)
    if loaded is not None and isinstance(loaded.config, ListConfig):
        raise ValueError("it holds a list; settings are written KEY: VALUE")
    is_root = file is not None and "/" not in config_path
    if loaded is not None and (is_root or config_path.partition("/")[0] in _DERIVED):
        if not is_root:
            extend_bases(repository, config_path, loaded)
        has_package = loaded.header.get("package") is not None
        if not (is_root or has_package or extends_another(loaded)):
            _require_class(loaded.config)
        loaded.config = with_schema(loaded.config, config_path)
    return loaded


def _require_class(content: Any) -> None:
    """Refuse an option that names no class; otherwise some other setting would be blamed."""
    if not section_target(content):
        raise ConfigError("it names no class: a line `_target_: MODULE.CLASS` is needed")


def _describe(error: Exception) -> str:
    """Return the message of a file's error, with the line if the error has one."""
    if isinstance(error, RecursionError):
        return f": it is nested more than {_DEEPEST} levels deep"
    if isinstance(error, yaml.reader.ReaderError):
        return f": the character {error.character:#x} at {error.position}: {error.reason}"
    if not isinstance(error, yaml.MarkedYAMLError):
        return f": {first_line(error)}"
    mark = error.problem_mark or error.context_mark
    context = error.context or ""
    if error.context_mark is not None and error.context_mark is not mark:
        context += f" that begins in line {error.context_mark.line + 1}"
    line = "" if mark is None else f", line {mark.line + 1}"
    message = ", ".join(text for text in (error.problem, context) if text)
    hint = "; YAML is indented with spaces, not tabs" if "'\\t'" in message else ""
    return f"{line}: {message}{hint}"


def _check_size(text: str) -> None:
    """Refuse a file that OmegaConf would take forever to load, since it expands each alias."""
    indents = {len(line) - len(line.lstrip(" ")) for line in text.splitlines()}
    most_levels = len(indents) + sum(text.count(sign) for sign in ("[", "{", "- ", "? "))
    has_aliases = "&" in text and "*" in text
    if not has_aliases and most_levels <= _DEEPEST:  # nearly all files: no further parsing
        return
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    values, levels = (0, 0) if root is None else _measure(root, {})
    if values > _MOST_VALUES:
        raise ValueError(f"its aliases (*) stand for more than {_MOST_VALUES} values")
    if levels > _DEEPEST:
        raise RecursionError


def _measure(node: yaml.Node, known: dict[yaml.Node, tuple[float, float]]) -> tuple[float, float]:
    """Count values and levels, aliases expanded; both are infinite if a node contains itself."""
    if node not in known:
        known[node] = math.inf, math.inf  # until it is counted: for an alias within itself
        content = node.value if isinstance(node.value, list) else []
        parts = [part for item in content for part in (item if isinstance(item, tuple) else [item])]
        counts = [_measure(part, known) for part in parts]
        known[node] = (
            1 + sum(values for values, _ in counts),
            1 + max((levels for _, levels in counts), default=0),
        )
    return known[node]
