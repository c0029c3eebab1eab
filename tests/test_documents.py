"""README and docs: links lead somewhere, commands compose, the site builds without a warning."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from lfx.command.entry import register
from lfx.command.quoting import quote_letters
from lfx.configuration.locate import config_folder

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "examples/README.md"]
COMMAND = re.compile(r"^(?:PYTHONPATH=\S+ )?python -m lfx\.(\w+)(.*)$", re.MULTILINE)
# What is typed with other words in the place of these.
WORDS = {"FOLDER": "examples/extensions", "NUMBER": "3", "RUN": "outputs/run", "TIME": "now"}


def commands():
    found = {}
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.findall(r"```\n(.*?)```", text, re.DOTALL):
            for stage, rest in COMMAND.findall(block):
                found.setdefault(f"{stage}{rest}", (stage, rest))
    return list(found.values())


COMMANDS = commands()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", text):
        assert (page.parent / target).exists(), target


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_there_are_commands():
    assert len(COMMANDS) > 60


@pytest.mark.parametrize(("stage", "rest"), COMMANDS, ids=lambda one: one.strip()[:80])
def test_a_command_composes(stage, rest, monkeypatch):
    words = shlex.split(rest, comments=True)
    if stage.startswith("encoders") or {"--help", "--hydra-help", "…"} & set(words):
        return
    register()
    folders = [config_folder()]
    overrides = []
    for word in words:
        if word in {"-m", "--multirun", "--cfg", "job"}:
            continue
        overrides.append(word)
    own = [n for n, word in enumerate(overrides) if word == "--config-dir"]
    searched = []
    if own:
        given = overrides[own[0] + 1].replace("FOLDER", "examples/extensions")
        del overrides[own[0] : own[0] + 2]
        folder = ROOT / given
        if not folder.is_dir():
            return  # a folder that the reader makes
        searched = [f"hydra.searchpath=['file://{folder}']"]
        monkeypatch.syspath_prepend(ROOT / "examples/extensions")
    opened = tuple(f"{key}." for key in ("members", "data", "arguments"))
    composed = []
    for word in overrides:
        key, equals, value = word.partition("=")
        is_new = stage in {"fuse", "study"} and key.startswith(opened) and equals
        is_new = is_new and not (stage == "fuse" and key.startswith("data."))
        first = value.split(",")[0] if "[" not in value else value
        first = "mean" if first.startswith("glob(") else first
        composed.append(quote_letters(f"{'++' if is_new else ''}{key}{equals}{first}"))
    assert folders
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        compose(stage, overrides=[*searched, *composed])


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, ROOT / "docs", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    pages = {file.stem for file in tmp_path.rglob("*.html")}
    assert {"index", "start", "settings", "scores", "python", "groups"} <= pages
