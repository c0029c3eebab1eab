from __future__ import annotations

import base64
import io

import pytest

from lfx.data.embedded import cell_file, write_embedded
from lfx.data.prepare import load_any
from lfx.modalities.image.modality import ImageModality
from lfx.modalities.usable import find_usable
from lfx.runtime.errors import DataError


@pytest.fixture
def png(draw):
    out = io.BytesIO()
    draw(3).save(out, "PNG")
    return out.getvalue()


def test_a_picture_is_read_from_every_kind_of_cell(tmp_path, png):
    (tmp_path / "a.png").write_bytes(png)
    plain = base64.b64encode(png).decode()
    for value in (
        png,
        plain,
        plain.rstrip("="),
        base64.urlsafe_b64encode(png).decode(),
        base64.encodebytes(png).decode(),
        f"data:image/png;base64,{plain}",
        {"bytes": png, "path": "a.png"},
        {"bytes": plain, "path": None},
    ):
        assert cell_file(value, tmp_path, "image") == png
    for value in ("a.png", b"a.png", str(tmp_path / "a.png"), {"bytes": None, "path": "a.png"}):
        assert cell_file(value, tmp_path, "image") == str(tmp_path / "a.png")
    for value in (None, "", " ", b"", float("nan"), {"bytes": None, "path": None}):
        assert cell_file(value, tmp_path, "image") is None


def test_a_path_that_reads_as_the_beginning_of_a_picture_in_base64_is_a_path(tmp_path, png):
    """`/wor` is FF 0A 2B, `Qk` is BM: nothing but the file itself tells."""
    folder = tmp_path / "Qk0fGh"
    folder.mkdir()
    (folder / "image-of-the-day").write_bytes(png)
    path = "Qk0fGh/image-of-the-day"
    assert cell_file(path, tmp_path, "image") == str(tmp_path / path)
    for lacking in ("Qk0fGh/image-of-another.day", "/work/shared/cases/values/images/21.jpg"):
        with pytest.raises(ValueError, match="there is no image"):
            cell_file(lacking, tmp_path, "image")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("x" * 300, "there is no image x+… \\(300 characters\\): File name too long"),
        ("a\0b.png", r"there is no image a\\x00b\.png"),
        ("../none.png", "there is no image ../none.png"),
        ("/none/none.png", "there is no image /none/none.png"),
        (".", r"there is no image \."),
        ("http://a.b/c.png", "there is no image http://a.b/c.png"),
        (7, "there is no image 7"),
        ([1, 2], "its image is a list"),
        ({"url": "x", "n": 1}, "a mapping of url, n, not of bytes and path"),
        ("data:image/png;base64,???" + "?" * 500, "its image is damaged base64"),
        ({"bytes": {"bytes": [3]}}, "its image is a list"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_few_words(tmp_path, value, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        cell_file(value, tmp_path, "image")
    assert len(str(caught.value)) < 160


def test_a_base64_that_breaks_off_is_refused(tmp_path, png):
    coded = base64.b64encode(png).decode()
    with pytest.raises(ValueError, match="damaged base64"):
        cell_file(coded[:200] + "*" + coded[200:], tmp_path, "image")


def test_files_are_named_by_what_they_hold_and_damaged_ones_made_anew(tmp_path, png):
    (one,) = write_embedded([png], tmp_path)
    path = tmp_path / "other.png"
    assert write_embedded([path, png, png], tmp_path) == [path, one, one]
    assert one.read_bytes() == png
    before = one.stat().st_mtime_ns
    write_embedded([png], tmp_path)
    assert one.stat().st_mtime_ns == before
    one.write_bytes(png[:-5])
    write_embedded([png], tmp_path)
    assert one.read_bytes() == png


def test_embedded_pictures_are_judged_like_files(make_source, tmp_path, png):
    whole = make_source(["a text", "b text"], [0, 1])
    samples = whole.reading.samples
    from dataclasses import replace

    class Source:
        def read(self):
            contents = [samples[0].columns["image"].read_bytes(), png[:-30]]
            embedded = [
                replace(sample, columns={**sample.columns, "image": content})
                for sample, content in zip(samples, contents, strict=True)
            ]
            return replace(whole.reading, samples=embedded)

    cache = tmp_path / "cache"
    table = load_any(Source(), drop_bad=False, cache_dir=cache)
    with pytest.raises(DataError, match=r"s001: the image is damaged: .* \(in its cell\)"):
        find_usable(ImageModality(), table, cache, drop_bad=False)
    assert find_usable(ImageModality(), table, cache, drop_bad=True).rows.tolist() == [0]
    as_files = load_any(whole, drop_bad=True, cache_dir=cache)
    column = table.columns["image"]
    assert column.digests(cache)[0] == as_files.columns["image"].digests(cache)[0]
    (file,) = column.files([0], cache)
    assert file.read_bytes() == samples[0].columns["image"].read_bytes()
