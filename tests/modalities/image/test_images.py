from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from lfx.command.storage import storage_error
from lfx.data.checked_array import _CHECKED
from lfx.data.decoding import Decoding
from lfx.modalities.image.decoding import decode, square
from lfx.modalities.image.files import cached_images, inspect_images
from lfx.runtime.errors import ConfigError, DataError


def encode(image, kind="JPEG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.fixture
def files(tmp_path, draw):
    paths = []
    for place, size in enumerate([(20, 16), (16, 40), (7, 7)]):
        path = tmp_path / f"{place}.png"
        draw(place, size).save(path)
        paths.append(path)
    return paths


def digests(paths):
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"the file is empty \(0 bytes\)"),
        (b"<html></html>", "the file is not an image"),
        (encode(Image.new("RGB", (64, 64), "red"))[:300], "the image is damaged: .*"),
        (encode(Image.new("RGB", (64, 64), "red"), "PNG")[:60], "the image is damaged: .*"),
    ],
)
def test_what_is_no_whole_image_is_refused(content, message):
    with pytest.raises(ValueError, match=message):
        decode(content)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1", "LA"])
def test_every_mode_becomes_rgb(draw, mode):
    image = draw(0).convert(mode)
    decoded = decode(encode(image, "JPEG" if mode == "CMYK" else "PNG"))
    assert (decoded.mode, decoded.size) == ("RGB", (20, 16))


def test_without_exif_every_pixel_stays_where_it_is(draw):
    image = draw(0)
    assert np.array_equal(decode(encode(image, "PNG")), image)
    exif = Image.Exif()
    exif[0x010E] = "another tag"
    assert np.array_equal(decode(encode(image, "PNG", exif=exif)), image)


def test_exif_rotation_is_applied_as_pillow_does(draw):
    image = draw(0, (20, 10))
    for orientation in range(10):
        exif = Image.Exif()
        exif[0x0112] = orientation
        content = encode(image, "PNG", exif=exif)
        with Image.open(io.BytesIO(content)) as stored:
            expected = ImageOps.exif_transpose(stored)
        assert np.array_equal(decode(content), expected)
        assert decode(content).size == ((10, 20) if orientation in range(5, 9) else (20, 10))


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_an_odd_tag_beside_the_rotation_does_no_harm(draw):
    """Pillow's own function writes the tags anew, which these cannot be."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "hello"
    content = encode(draw(0), "JPEG", exif=exif)
    kind = content.index(b"\x01\x0e\x00\x02") + 3
    for value in range(256):
        odd = content[:kind] + bytes([value]) + content[kind + 1 :]
        # Where the tag cannot be read, the one behind it cannot either.
        assert sorted(decode(odd).size) == [16, 20]
        if value in {0, 6, 7, 26}:
            assert decode(odd).size == (16, 20)


PICTURE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (12, 16, 3), dtype=np.uint8))
TAGS = Image.Exif()
TAGS[0x0112], TAGS[0x010E] = 6, "hello"
BYTES = [encode(PICTURE, kind, exif=TAGS) for kind in ("JPEG", "PNG", "WEBP")] + [
    encode(PICTURE, kind) for kind in ("GIF", "BMP")
]


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@settings(max_examples=300, deadline=None)
@given(
    content=st.sampled_from(BYTES),
    end=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=4),
)
def test_damage_of_any_kind_is_a_value_error(content, end, changes):
    damaged = bytearray(content[: int(len(content) * end)] if end < 0.5 else content)
    for place, value in changes:
        if damaged:
            damaged[int(place * len(damaged))] = value
    try:
        assert decode(bytes(damaged)).mode == "RGB"
    except ValueError as error:
        assert str(error).startswith("the ")  # noqa: PT017, damage may also go unseen


def test_squash_keeps_all_and_crop_the_middle():
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (10, 0, 30, 20))
    crop = np.asarray(square(image, 20, "crop"))
    assert (crop == [0, 0, 255]).all()
    squashed = np.asarray(square(image, 20, "squash"))
    assert squashed.shape == (20, 20, 3)
    assert (squashed[:, 0] == [255, 0, 0]).all()
    for resize in ("squash", "crop"):
        assert square(Image.new("RGB", (1, 900)), 16, resize).size == (16, 16)


def test_the_cache_holds_what_direct_decoding_gives(files, tmp_path):
    for resize in ("squash", "crop"):
        images = cached_images(files, digests(files), 16, resize, tmp_path / "cache")
        assert images.shape == (3, 16, 16, 3)
        assert images.dtype == np.uint8
        assert not images.flags.writeable
        for path, image in zip(files, images, strict=True):
            direct = square(decode(path.read_bytes()), 16, resize)
            assert np.array_equal(image, np.asarray(direct))


def test_images_are_decoded_once(files, tmp_path):
    cache, names = tmp_path / "cache", digests(files)
    first = np.array(cached_images(files, names, 16, "squash", cache))
    for path in files:
        path.unlink()
    assert np.array_equal(cached_images(files, names, 16, "squash", cache), first)
    # Another size, another way, other files or another background are not in the cache.
    for size, resize, wanted, decoding in (
        (17, "squash", names, Decoding()),
        (16, "crop", names, Decoding()),
        (16, "squash", names[::-1], Decoding()),
        (16, "squash", names, Decoding("black")),
    ):
        with pytest.raises(DataError, match="cannot be read any more: No such file"):
            cached_images(files, wanted, size, resize, cache, decoding)
    assert [path.suffix for path in (cache / "images").iterdir()] == [".npy"]
    same = cached_images(files, names, 16, "squash", cache, Decoding("#FFFFFF"))
    assert np.array_equal(same, first)  # which is white


def test_a_file_that_has_changed_since_it_was_checked_is_not_cached(files, tmp_path, draw):
    names = digests(files)
    draw(9).save(files[1])
    with pytest.raises(DataError, match=r"1\.png has changed since it was checked"):
        cached_images(files, names, 16, "squash", tmp_path / "cache")
    assert list((tmp_path / "cache" / "images").iterdir()) == []


def damages(content):
    other = io.BytesIO()
    np.save(other, np.zeros((3, 16, 16, 3), np.uint8))
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 4
    return {
        "cut": content[:-1],
        "half": content[: len(content) // 2],
        "empty": b"",
        "longer": content + b"0",
        "zeros": bytes(len(content)),
        "zeros of the right shape": other.getvalue(),
        "the same with its ending": other.getvalue() + content[-8:],
        "a flipped bit": bytes(flipped),
        "another's": b'{"images": []}',
        "no ending": content[:-8] + bytes(8),
    }


@pytest.mark.parametrize("kind", list(damages(bytes(999))))
def test_a_damaged_array_is_noticed_and_made_anew(files, tmp_path, caplog, kind):
    names = digests(files)
    first = np.array(cached_images(files, names, 16, "squash", tmp_path))
    kept = next((tmp_path / "images").iterdir())
    whole = kept.read_bytes()
    kept.write_bytes(damages(whole)[kind])
    _CHECKED.clear()  # as in another process
    assert np.array_equal(cached_images(files, names, 16, "squash", tmp_path), first)
    assert f"{kept} is damaged and is made again" in caplog.text
    assert kept.read_bytes() == whole
    caplog.clear()
    cached_images(files, names, 16, "squash", tmp_path)
    assert "damaged" not in caplog.text


def test_an_array_of_two_files_swapped_is_noticed(files, tmp_path, caplog):
    names = digests(files)
    cached_images(files, names, 16, "squash", tmp_path)
    kept = next((tmp_path / "images").iterdir())
    content = bytearray(kept.read_bytes())
    at, row = len(content) - 8 - 3 * 768, 768
    content[at : at + 2 * row] = content[at + row : at + 2 * row] + content[at : at + row]
    kept.write_bytes(content)
    _CHECKED.clear()
    cached_images(files, names, 16, "squash", tmp_path)
    assert "its checksum does not match its content" in caplog.text


def test_an_array_is_a_npy_file_for_others(files, tmp_path):
    ours = cached_images(files, digests(files), 16, "squash", tmp_path)
    kept = next((tmp_path / "images").iterdir())
    assert np.array_equal(np.load(kept), ours)


def test_a_cache_that_cannot_be_written_to_is_told(files, tmp_path):
    for name in ("images", "inspections"):
        (tmp_path / name).write_text("in the way", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"data.cache_dir=.* cannot be written to: .*images"):
        cached_images(files, digests(files), 16, "squash", tmp_path)
    with pytest.raises(ConfigError, match=r"data.cache_dir=.* cannot be written to: .*inspect"):
        inspect_images(files, tmp_path)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_an_error_and_not_the_end_of_the_process(files, small_disk):
    with pytest.raises(OSError, match="No space left on device") as caught:
        cached_images(files, digests(files), 400, "squash", small_disk)  # 1.4 MB
    told = str(storage_error([caught.value], Path("run")))
    assert told.startswith(f"{small_disk / 'images'}")
    assert "data.cache_dir" in told
    assert list((small_disk / "images").iterdir()) == []
    assert cached_images(files, digests(files), 100, "squash", small_disk).shape[0] == 3


def test_a_limit_of_file_sizes_is_an_error_too(files, tmp_path):
    """Reserving fails before any picture is decoded."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OSError, match="File too large") as caught:
            cached_images(files, ["none"] * 3, 400, "squash", tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert "is unfinished. Free space" in str(storage_error([caught.value], Path("run")))


def test_inspection_tells_digest_and_problem_and_is_kept(files, tmp_path):
    files[1].write_bytes(b"")
    found = inspect_images(files, tmp_path / "cache")
    assert [one.digest for one in found] == digests(files)
    assert [one.problem for one in found] == [None, "the file is empty (0 bytes)", None]
    stamp = files[0].stat()
    files[0].write_bytes(bytes(stamp.st_size))
    os.utime(files[0], ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert inspect_images(files, tmp_path / "cache") == found  # the file was not looked at
    assert inspect_images(files, tmp_path / "cache", Decoding(max_pixels=1)) != found


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda whole: whole[:-9],
        lambda whole: bytes(len(whole)),
        lambda _: b"[" * 100_000,
        lambda _: b'[["x", null], ["y", null], ["z", null]]',
        lambda _: b'{"images": 7, "checksum": 7}',
        lambda _: b"\xff\xfe{}",
        lambda whole: whole.replace(b"true", b"false").replace(b"null", b'"no"'),
        lambda whole: json.dumps(json.loads(whole) | {"images": []}).encode(),
    ],
)
def test_damaged_inspections_are_noticed_and_made_anew(files, tmp_path, caplog, damage):
    found = inspect_images(files, tmp_path)
    kept = next((tmp_path / "inspections").iterdir())
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert inspect_images(files, tmp_path) == found
    assert f"{kept} is damaged and is made again" in caplog.text
    assert kept.read_bytes() == whole


def test_what_cannot_be_read_is_told_but_not_kept(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    (found,) = inspect_images([tmp_path / "folder.jpg"], tmp_path / "cache")
    assert found.digest == ""
    assert found.problem.startswith("the file cannot be read: ")
    assert not (tmp_path / "cache").exists()


def test_a_changed_file_is_inspected_again(files, tmp_path, draw):
    before = inspect_images(files, tmp_path)
    draw(9, (30, 30)).save(files[0])
    after = inspect_images(files, tmp_path)
    assert after[0].digest != before[0].digest
    assert after[1:] == before[1:]
