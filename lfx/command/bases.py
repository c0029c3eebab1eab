"""A file of settings that extends other options of its group is read as one file.

Hydra would merge the extended file's settings, checked against its class, with those of the file,
whose class may be another one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydra._internal.config_repository import ConfigRepository
from hydra.core.default_element import ConfigDefault
from omegaconf import OmegaConf

if TYPE_CHECKING:
    from hydra.plugins.config_source import ConfigResult

# Hydra's own reading of a file, which lfx's calls and replaces.
read_file = ConfigRepository.load_config


def extend_bases(repository: ConfigRepository, config_path: str, loaded: ConfigResult) -> None:
    """Merge the options that a file extends into its content, in the order of its defaults list.

    Args:
        repository: Hydra's folders of configs.
        config_path: the file's, `GROUP/NAME`.
        loaded: the file's content and defaults list; both are replaced if it extends an option.
            What cannot be read stays in the list: Hydra reports it.
    """
    _extend(repository, config_path, loaded, frozenset({config_path}))


def _extend(
    repository: ConfigRepository, config_path: str, loaded: ConfigResult, seen: frozenset[str]
) -> None:
    group = config_path.partition("/")[0]  # a path is relative to the group, not to its folders
    entries: list[Any] = list(loaded.defaults_list or ())
    if not any(entry.is_self() for entry in entries):
        entries.append(ConfigDefault(path="_self_"))
    contents: list[Any] = []
    kept: list[Any] = []
    for entry in entries:
        base = f"{group}/{entry.path}" if _is_base(entry) else None
        content = None if base is None or base in seen else read_file(repository, base)
        if base is not None and content is not None:
            _extend(repository, base, content, seen | {base})
            contents.append(content.config)
            kept += content.defaults_list or ()
            continue
        if entry.is_self():
            contents.append(loaded.config)
        kept.append(entry)
    if len(contents) > 1:
        own = [entry for entry in kept if not entry.is_self()]
        loaded.config = OmegaConf.merge(*contents)
        # Hydra wants `override` last.
        loaded.defaults_list = sorted(own, key=lambda entry: entry.is_override())


def extends_another(loaded: ConfigResult) -> bool:
    """Return whether a file's defaults list has other files, which may name its class."""
    return any(
        isinstance(entry, ConfigDefault) and not entry.is_self()
        for entry in loaded.defaults_list or ()
    )


def _is_base(entry: Any) -> bool:
    """Return whether an entry of a defaults list is another option of the file's own group."""
    if not isinstance(entry, ConfigDefault) or entry.package:  # `@_here_` is empty
        return False
    path = entry.path or ""
    return not path.startswith(("/", "_")) and "${" not in path
