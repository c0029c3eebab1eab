from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from lfx.data.images import cached_images, decode, inspect_images, square
from lfx.runtime.errors import name_some


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


@pytest.mark.filterwarnings("ignore::UserWarning:PIL", "ignore::PIL.Image.DecompressionBombWarning")
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
    # Another size, another way or other files are not in the cache.
    for size, resize, wanted in (
        (17, "squash", names),
        (16, "crop", names),
        (16, "squash", names[::-1]),
    ):
        with pytest.raises(FileNotFoundError, match="No such file"):
            cached_images(files, wanted, size, resize, cache)
    assert [path.suffix for path in (cache / "images").iterdir()] == [".npy"]


def test_inspection_tells_digest_and_problem_and_is_kept(files, tmp_path):
    files[1].write_bytes(b"")
    found = inspect_images(files, tmp_path / "cache")
    assert [one.digest for one in found] == digests(files)
    assert [one.problem for one in found] == [None, "the file is empty (0 bytes)", None]

    kept = next((tmp_path / "cache" / "inspections").iterdir())
    kept.write_text('[["x", null], ["y", null], ["z", null]]', encoding="utf-8")
    assert name_some(one.digest for one in inspect_images(files, tmp_path / "cache")) == "x, y, z"
    kept.write_text("{broken", encoding="utf-8")
    assert inspect_images(files, tmp_path / "cache") == found


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
