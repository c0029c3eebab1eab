from __future__ import annotations

import json
import os

import pytest

from lfx.runtime.errors import ConfigError
from lfx.runtime.files import atomic_path, require_file, require_folder, write_json


def test_a_file_appears_when_it_is_whole(tmp_path):
    target = tmp_path / "new" / "folder" / "file.txt"
    with atomic_path(target) as part:
        part.write_text("half", encoding="utf-8")
        assert not target.exists()
        assert part.parent == target.parent
    assert target.read_text(encoding="utf-8") == "half"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_after_an_error_the_old_content_stands(tmp_path, error):
    target = tmp_path / "file.txt"
    target.write_text("old", encoding="utf-8")

    def fail():
        with atomic_path(target) as part:
            part.write_text("new", encoding="utf-8")
            raise error("stopped")

    with pytest.raises(error, match="stopped"):
        fail()
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_is_as_readable_as_any_other(tmp_path):
    mask = os.umask(0o022)
    try:
        with atomic_path(tmp_path / "file") as part:
            part.touch()
    finally:
        os.umask(mask)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_json_is_readable_and_refuses_what_is_no_number(tmp_path):
    target = tmp_path / "metrics.json"
    write_json(target, {"name": "café", "score": 0.5})
    text = target.read_text(encoding="utf-8")
    assert json.loads(text) == {"name": "café", "score": 0.5}
    assert '"café"' in text
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(target, {"score": float("nan")})
    assert target.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("path", ["", " ", "a\0b", "{}", "{}/", "{}/pipe", "{}/file/below"])
def test_what_can_be_no_file_is_told_before_the_work(tmp_path, path):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigError, match=r"^file"):
        require_file(path.format(tmp_path), "file")


@pytest.mark.parametrize("path", ["", " ", "a\0b", "{}/file", "{}/file/below", "/proc/none"])
def test_what_can_be_no_folder_is_told_before_the_work(tmp_path, path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"^data\.cache_dir"):
        require_folder(path.format(tmp_path), "data.cache_dir")


def test_a_files_folder_is_made(tmp_path):
    assert require_file(f"{tmp_path}/new/file", "file") == tmp_path / "new/file"
    assert (tmp_path / "new").is_dir()
