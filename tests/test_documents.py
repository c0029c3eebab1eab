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
from lfx.runtime.locate import config_folder

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "examples/README.md"]
COMMAND = re.compile(r"^(?:PYTHONPATH=\S+ )?python -m lfx\.(\w+)(.*)$", re.MULTILINE)
# Sections to which a command line adds names of the user's own.
OPEN = {"fuse": ("members.",), "compare": ("members.",), "study": ("data.", "arguments.")}


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
    words = [one for one in shlex.split(rest, comments=True) if one not in {"-m", "--cfg", "job"}]
    if {"--help", "--hydra-help"} & set(words):
        return
    searched = []
    if "--config-dir" in words:
        place = words.index("--config-dir")
        folder = ROOT / words[place + 1].replace("FOLDER", "examples/extensions")
        if not folder.is_dir() or "mine" in rest:
            return  # which the reader makes
        del words[place : place + 2]
        searched = [f"hydra.searchpath=['file://{folder}']"]
        monkeypatch.syspath_prepend(ROOT / "examples/extensions")
    register()
    with initialize_config_dir(str(config_folder()), version_base="1.3"):
        compose(stage, overrides=[*searched, *(typed(stage, word) for word in words)])


def typed(stage, word):
    """An argument as a command hands it to Hydra; of what is swept, the first job's."""
    key, equals, value = word.partition("=")
    first = value if "[" in value else value.partition(",")[0]
    first = "mean" if first.startswith("glob(") else first
    opens = "++" if key.startswith(OPEN.get(stage, ("\0",))) and equals else ""
    return quote_letters(f"{opens}{key}{equals}{first}")


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, ROOT / "docs", tmp_path], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    pages = {file.stem for file in tmp_path.rglob("*.html")}
    assert {"index", "start", "settings", "scores", "python", "groups"} <= pages
