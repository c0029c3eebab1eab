"""The resolvers `${lfx.NAME:…}` of YAML files."""

from __future__ import annotations

import secrets

from omegaconf import OmegaConf

from lfx.runtime.errors import ConfigError
from lfx.runtime.naming import name_problems

# The training regime that is not part of an artifact's name.
_DEFAULT_TRAINING = "supervised"


def register_resolvers() -> None:
    """Register lfx's resolvers with OmegaConf; calling it twice is harmless."""
    # Runs that start in the same second need different directories.
    OmegaConf.register_new_resolver(
        "lfx.run_id", lambda: secrets.token_hex(2), use_cache=True, replace=True
    )
    OmegaConf.register_new_resolver("lfx.folder", _as_folder, replace=True)
    OmegaConf.register_new_resolver("lfx.run_name", _run_name, replace=True)


def _as_folder(name: object) -> str:
    """Return a name that is part of a run's folder, checked before the folder is made."""
    problems = name_problems("name, or data.name,", str(name))
    if problems:
        raise ConfigError("\n".join(problems))
    return str(name)


def _run_name(modality: str, training: str) -> str:
    """Return an artifact's default name: `image`, `image_contrastive`."""
    return modality if training == _DEFAULT_TRAINING else f"{modality}_{training}"
