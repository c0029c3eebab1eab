"""What a stranger may have left in a run's folder: it ends quickly, and nothing is resolved."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf._utils import get_omega_conf_dumper, get_yaml_loader

from lfx.runtime.errors import RecordError
from lfx.runtime.plain_yaml import parse_yaml
from lfx.runtime.records import read_json, read_yaml, resolve_references

if TYPE_CHECKING:
    from pathlib import Path

LAUGHS = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)
)
BAD_YAML = {
    "laughs": (LAUGHS, "aliases"),
    "deep list": ("[" * 100_000, "nested too deeply"),
    "deep mapping": ("{a: " * 100_000, "nested too deeply"),
    "indented": ("".join(f"{' ' * n}a:\n" for n in range(2000)), "nested too deeply"),
    "code": ("a: !!python/object/apply:os.system [echo]", "tag"),
    "binary": ("a: !!binary aGk=", "tag"),
    "merge": ("a: &b {c: 1}\nd: {<<: *b}", "aliases"),
    "twice": ("a: 1\na: 2", "twice"),
    "list as a key": ("? [a]\n: 1", "not a text"),
    "two documents": ("a: 1\n---\nb: 1", "several"),
    "cut": ("a: [1, 2", "not YAML"),
    "tabs": ("a:\n\t- b", "not YAML"),
    "control characters": ("a: \x01", "not YAML"),
}
BAD_JSON = {
    "deep list": ("[" * 100_000, "nested too deeply"),
    "deep mapping": ('{"a":' * 100_000, "nested too deeply"),
    "NaN": ('{"a": NaN}', "NaN"),
    "infinity": ('{"a": -Infinity}', "not a number"),
    "twice": ('{"a": 1, "a": 2}', "twice"),
    "cut": ('{"a": 1', "not the JSON"),
    "empty": ("", "not the JSON"),
    "a long number": ("1" * 10_000, "not the JSON"),
}


@pytest.mark.parametrize("kind", BAD_YAML)
def test_yaml_that_no_run_writes_ends_quickly_in_a_message(tmp_path: Path, kind: str):
    content, message = BAD_YAML[kind]
    (tmp_path / "config.yaml").write_text(content)
    began = time.process_time()
    with pytest.raises(RecordError, match=message) as caught:
        read_yaml(tmp_path / "config.yaml")
    assert time.process_time() - began < 2
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", BAD_JSON)
def test_json_that_no_run_writes_ends_quickly_in_a_message(tmp_path: Path, kind: str):
    content, message = BAD_JSON[kind]
    (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(RecordError, match=message) as caught:
        read_json(tmp_path / "metrics.json")
    assert len(str(caught.value)) < 300


def test_what_is_no_file_of_text_is_told(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "latin").write_bytes(b"a: gr\xf6\xdfe")
    (tmp_path / "large").write_text("x" * 1001)
    os.mkfifo(tmp_path / "pipe")  # reading it would wait for a writer
    for name, message in {
        "folder": "not a file",
        "link": "No such file",
        "loop": "symbolic links",
        "latin": "not UTF-8 at byte 5",
        "large": "more than 1000 bytes",
        "pipe": "not a file",
        "gone": "No such file",
        "nul\0": "null",
    }.items():
        for read in (read_json, read_yaml):
            with pytest.raises(RecordError, match=message):
                read(tmp_path / name, 1000)


# YAML itself takes some control characters for ends of lines.
text = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")))
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
trees = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda own: st.lists(own) | st.dictionaries(text, own),
    max_leaves=20,
)


@given(st.dictionaries(text, trees))
def test_what_hydra_writes_is_read_as_it_was_written(content):
    """OmegaConf's writer, as Hydra uses it for `.hydra/config.yaml`."""
    written = yaml.dump(content, Dumper=get_omega_conf_dumper(), allow_unicode=True)
    assert parse_yaml(written) == yaml.load(written, Loader=get_yaml_loader())  # noqa: S506


def test_interpolations_stay_as_they_are_written():
    text = "data: {name: '${oc.env:HOME}'}\nother: ${data.name}\n"
    assert parse_yaml(text) == {"data": {"name": "${oc.env:HOME}"}, "other": "${data.name}"}


def test_references_within_the_file_are_followed():
    content = {"a": {"dir": "out/${b.name}"}, "b": {"name": "demo", "number": 3}}
    assert resolve_references(content, "${a.dir}/x${b.number}.parquet") == "out/demo/x3.parquet"
    assert resolve_references(content, "plain") == "plain"


@pytest.mark.parametrize(
    "text",
    [
        "${oc.env:HOME}",
        "${lfx.run_id:}",
        "${hydra:runtime.cwd}",
        "${oc.decode:${name}}",
        "${${name}}",
        "${.name}",
        "${gone}",
        "${section}",
        "${itself}",
        "${grows}",
        "${secret}",
        "${",
    ],
)
def test_nothing_else_is(text: str):
    content = {
        "name": "demo",
        "section": {"a": 1},
        "itself": "${itself}",
        "grows": "${grows}${grows}",
        "secret": "${oc.env:HOME}",
    }
    with pytest.raises(RecordError, match=r"only references|no value"):
        resolve_references(content, text)
