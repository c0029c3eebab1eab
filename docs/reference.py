"""The reference pages: groups, settings, scores and Python names, as the code has them."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TYPE_CHECKING

import lfx
from lfx.command.docstrings import field_comments
from lfx.command.register import SCHEMAS
from lfx.command.signature import schema_of, settings_of
from lfx.evaluation.scores import SCORES
from lfx.runtime.escaping import for_markdown
from lfx.runtime.locate import config_folder
from lfx.runtime.settings import describe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

import yaml


def write_reference(folder: Path) -> None:
    """Write the pages; what has not changed is left alone, so that nothing is built twice."""
    folder.mkdir(exist_ok=True)
    pages = {"groups": groups(), "settings": settings(), "scores": scores(), "python": python()}
    for name, lines in pages.items():
        text = "\n".join(lines) + "\n"
        file = folder / f"{name}.md"
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def groups() -> Iterator[str]:
    """List each group's options, with what their files say of them."""
    yield "# Groups and options\n"
    yield "What stands in the first comment of each file below `conf/`.\n"
    for folder in sorted(path for path in config_folder().rglob("*") if path.is_dir()):
        files = sorted(folder.glob("*.yaml"))
        if files:
            yield f"\n## {folder.relative_to(config_folder()).as_posix()}\n"
            yield "| option | |\n| --- | --- |"
        for file in files:
            yield f"| `{file.stem}` | {for_markdown(_comment(file))} |"


def settings() -> Iterator[str]:
    """List the settings of each command, and of each class that an option names."""
    yield "# Settings\n"
    yield "Read from the commands and from the constructors of the classes that the options name.\n"
    for command in SCHEMAS:
        name = command.__name__.removesuffix("Config").lower()
        if (config_folder() / f"{name}.yaml").is_file():
            yield f"\n## lfx.{name}\n"
            yield "| setting | |\n| --- | --- |"
            for setting, sentence in field_comments(command).items():
                yield f"| `{setting}` | {_cell(sentence)} |"
    seen = set()
    for file in sorted(config_folder().rglob("*.yaml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        group = file.parent.relative_to(config_folder()).as_posix()
        for key, target in _targets(group, content):
            if target in seen or not target.startswith("lfx."):
                continue
            seen.add(target)
            schema = schema_of(target)
            yield f"\n## {key}: {target.rpartition('.')[2]}\n"
            yield f"{schema.__doc__}\n"
            if settings_of(schema):
                yield "| setting | allowed | default | |\n| --- | --- | --- | --- |"
            yield from _rows(key, schema)


def _rows(key: str, schema: type) -> Iterator[str]:
    """List the settings of a class, and those of the classes within it."""
    for name, setting in settings_of(schema).items():
        inner = type(setting.default)
        if is_dataclass(setting.default):
            yield from _rows(f"{key}.{name}", inner)
            continue
        is_required = "MISSING" in repr(setting.default)
        default = "required" if is_required else f"`{setting.default!r}`"
        cells = (f"`{key}.{name}`", describe(setting.annotation), default, setting.sentence)
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def scores() -> Iterator[str]:
    """List all scores."""
    yield "# Scores\n"
    yield "| key | title | better | a search may optimise it | |\n| --- | --- | --- | --- | --- |"
    for key, one in SCORES.items():
        compute = one.of_counts or one.of_probabilities or one.of_sums.terms
        about = (compute.__doc__ or "").partition("\n")[0]
        better = "higher" if one.higher_is_better else "lower"
        searched = "yes" if one.of_counts else "no"
        yield f"| `{key}` | {one.title} | {better} | {searched} | {_cell(about)} |"


def python() -> Iterator[str]:
    """List the public names."""
    yield "# Python\n"
    yield "`import lfx` offers these names, and imports each when it is first asked for.\n"
    for name in lfx.__all__:
        module = getattr(getattr(lfx, name), "__module__", "")
        if not module.startswith("lfx"):  # an alias of a type
            module = lfx._MODULES[name]  # noqa: SLF001, where it is defined
            yield f"\n## {name}\n\n`{module}.{name}`: a function from probabilities, weights and"
            yield "who is present to fused scores, such as `linear_pool`."
            continue
        kind = "autofunction" if name.islower() else "autoclass"
        members = "\n:members:" if kind == "autoclass" else ""
        yield f"\n## {name}\n\n```{{eval-rst}}\n.. {kind}:: {module}.{name}"
        yield f"   {members.strip()}\n```" if members else "```"


def _targets(group: str, content: dict[str, object]) -> Iterator[tuple[str, str]]:
    """Find the classes that a file names, with the keys of their sections."""
    target = content.get("_target_")
    if isinstance(target, str):
        yield group, target
    for key, value in content.items():
        if isinstance(value, dict) and group != ".":
            yield from _targets(f"{group}.{key}", value)


def _comment(file: Path) -> str:
    """Return the first comment of a file, without commands."""
    lines = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#") or line.startswith("#  "):
            break
        if not line.startswith("# @package"):
            lines.append(line.removeprefix("#").strip())
    return " ".join(filter(None, lines))


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
