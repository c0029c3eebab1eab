from __future__ import annotations

import hashlib
import io
import struct
import tracemalloc
import warnings
import zlib

import numpy as np
import PIL
import pytest
from PIL import Image, ImageOps, PngImagePlugin, features
from tiffs import tiff

from lfx.data.decoding import Decoding
from lfx.modalities.image.decoding import decode, decode_fully
from lfx.modalities.image.pillow_guard import pixel_limit

GRAY = np.arange(256, dtype=np.uint8).reshape(16, 16)
NOISE = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
# Transparent on the left, opaque on the right.
ALPHA = np.where(np.arange(16) < 8, 0, 255).astype(np.uint8) * np.ones((16, 1), np.uint8)


def encode(image, kind="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def pixels(content, **settings):
    return np.asarray(decode(content, Decoding(**settings)))


def as_rgb(gray):
    return np.repeat(gray[..., None], 3, axis=2)


def laid_on(rgb, colour):
    return np.where((ALPHA == 255)[..., None], rgb, np.array(colour, np.uint8))


def test_pictures_without_transparency_are_what_they_have_always_been():
    picture = Image.fromarray(NOISE)
    digests = {
        kind: hashlib.sha256(decode(encode(picture, kind)).tobytes()).hexdigest()[:12]
        for kind in ("PNG", "BMP", "TIFF", "JPEG")
    }
    assert len({digests[kind] for kind in ("PNG", "BMP", "TIFF")}) == 1
    assert digests["PNG"] == hashlib.sha256(NOISE.tobytes()).hexdigest()[:12]
    for kind in ("JPEG", "WEBP", "GIF"):  # to the bit what Pillow alone gives
        content = encode(picture, kind)
        with Image.open(io.BytesIO(content)) as stored:
            assert np.array_equal(pixels(content), stored.convert("RGB"))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF", "ICO", "TGA", "QOI", "AVIF", "JPEG2000"])
@pytest.mark.parametrize(
    ("background", "colour"), [("white", [255] * 3), ("#102030", [16, 32, 48])]
)
def test_transparent_pixels_lie_on_one_colour(kind, background, colour):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow reads no AVIF")
    picture = Image.fromarray(NOISE)
    picture.putalpha(Image.fromarray(ALPHA))
    options = {"WEBP": {"lossless": True, "exact": True}, "AVIF": {"quality": 100}}.get(kind, {})
    content = encode(picture, kind, **options)
    off = np.abs(pixels(content, background=background).astype(int) - laid_on(NOISE, colour))
    assert off[:, :8].max() == 0
    assert off.mean() < (30 if kind == "AVIF" else 1e-9)  # it cannot keep noise


def test_half_transparent_pixels_are_mixed():
    picture = Image.new("RGBA", (4, 4), (200, 0, 100, 51))
    expected = [round(value * 0.2 + 255 * 0.8) for value in (200, 0, 100)]
    assert (pixels(encode(picture)) == expected).all()
    opaque = Image.new("RGBA", (4, 4), (200, 0, 100, 255))
    assert (pixels(encode(opaque)) == [200, 0, 100]).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_gray_with_alpha(kind):
    picture = Image.merge("LA", [Image.fromarray(GRAY), Image.fromarray(ALPHA)])
    options = {"lossless": True} if kind == "WEBP" else {}
    assert np.array_equal(
        pixels(encode(picture, kind, **options)), laid_on(as_rgb(GRAY), [255] * 3)
    )


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
@pytest.mark.parametrize("many", [False, True])
def test_palettes_with_transparent_entries(kind, many):
    places = np.where(ALPHA == 0, 1, 2).astype(np.uint8)
    picture = Image.fromarray(places)
    picture.putpalette([9, 9, 9, 40, 50, 60, 70, 80, 90])
    if many and kind == "PNG":  # an alpha for each entry
        content = encode(picture, kind, transparency=bytes([255, 0, 255]))
    else:
        content = encode(picture, kind, transparency=1)
    expected = laid_on(np.full((16, 16, 3), [70, 80, 90]), [255, 255, 255])
    assert np.array_equal(pixels(content), expected)


@pytest.mark.parametrize(
    ("picture", "transparent"),
    [
        (Image.fromarray(np.where(ALPHA == 0, 7, 100).astype(np.uint8)), 7),
        (Image.fromarray(np.where(ALPHA == 0, 700, 25700).astype(np.uint16)), 700),
        (Image.fromarray(np.repeat(np.where(ALPHA == 0, 7, 100)[..., None], 3, 2).astype("u1")), 7),
        (Image.fromarray(ALPHA).convert("1"), 0),
    ],
)
def test_one_colour_that_is_called_transparent(picture, transparent):
    given = (transparent,) * 3 if picture.mode == "RGB" else transparent
    shown = 255 if picture.mode == "1" else 100
    expected = laid_on(np.full((16, 16, 3), shown), [255, 0, 0])
    assert np.array_equal(pixels(encode(picture, transparency=given), background="red"), expected)


def png(bits, colour, rows, transparent=b""):
    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    width = len(rows[0]) * 8 // bits // {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    head = struct.pack(">IIBBBBB", width, len(rows), bits, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    extra = chunk(b"tRNS", transparent) if transparent else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + extra
        + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


def test_pngs_that_pillow_does_not_write():
    # 2 bits a pixel: 0, 1, 2, 3, of which 1 is transparent.
    gray = pixels(png(2, 0, [[0b00011011]], b"\0\1"), background="red")
    assert gray.tolist() == [[[0, 0, 0], [255, 0, 0], [170] * 3, [255] * 3]]
    assert pixels(png(4, 0, [[0x5F]], b"\0\5"), background="red").tolist() == [
        [[255, 0, 0], [255] * 3]
    ]
    # 16 bits in each of three channels, then with alpha; gray with alpha.
    row = struct.pack(">6H", 0x1122, 0x3344, 0x5566, 0x7788, 0x99AA, 0xBBCC)
    key = struct.pack(">3H", 0x1122, 0x3344, 0x5566)
    assert pixels(png(16, 2, [row], key)).tolist() == [[[255] * 3, [0x77, 0x99, 0xBB]]]
    row = struct.pack(">8H", 0x1122, 0x3344, 0x5566, 0, 0x7788, 0x99AA, 0xBBCC, 0xFFFF)
    assert pixels(png(16, 6, [row])).tolist() == [[[255] * 3, [0x77, 0x99, 0xBB]]]
    row = struct.pack(">4H", 0x1122, 0, 0x7788, 0xFFFF)
    assert pixels(png(16, 4, [row])).tolist() == [[[255] * 3, [0x77] * 3]]


def test_a_picture_that_is_transparent_everywhere_is_told():
    assert decode_fully(encode(Image.new("RGBA", (4, 4), (9, 9, 9, 0)))).is_blank
    assert not decode_fully(encode(Image.new("RGBA", (4, 4), (9, 9, 9, 1)))).is_blank
    # Programs that write no alpha leave zeros in these.
    unused = decode_fully(encode(Image.new("RGBA", (4, 4), (9, 9, 9, 0)), "TGA"))
    assert (np.asarray(unused.image) == 9).all()
    assert not unused.is_blank


DEEP = GRAY.astype(np.uint16) * 257


@pytest.mark.parametrize(
    ("content", "taken"),
    [
        (encode(Image.fromarray(DEEP)), None),
        (encode(Image.fromarray(DEEP), "TIFF"), None),
        (encode(Image.fromarray(DEEP), "PPM"), None),
        (encode(Image.fromarray(DEEP), "JPEG2000"), None),
        (tiff(DEEP, big=True), None),
        (tiff(65535 - DEEP, photometric=0), None),
        (tiff(DEEP.astype(np.int32)), "0..65535"),
        (tiff(DEEP.astype(np.int32), big=True), "0..65535"),
        (tiff(GRAY.astype(np.int32)), "0..255"),
        (tiff(GRAY.astype(np.uint32) << 24), "0..4294967295"),
        (tiff(GRAY.astype(np.int32) << 23), "0..2147483647"),
        (tiff(DEEP.astype(np.int32) - 32768), "-32768..32767"),
        (tiff((DEEP.astype(np.int32) - 32768).astype(np.int16)), None),
        (tiff((DEEP >> 1).astype(np.int16)), "0..32767"),
        (tiff(GRAY.astype(np.int16)), "0..255"),
        (tiff((GRAY.astype(np.int16) - 128).astype(np.int8)), None),
        (tiff(GRAY.astype(np.float32) / 255), "0..1"),
        (tiff(GRAY.astype(np.float32) / 255, big=True), "0..1"),
        (tiff(1 - GRAY.astype(np.float32) / 255, photometric=0), "0..1"),
        (tiff(GRAY.astype(np.float32)), "0..255"),
        (tiff(DEEP.astype(np.float32)), "0..65535"),
        (tiff(GRAY.astype(np.float32) / 255 * 2 - 1), "-1..1"),
        (tiff(GRAY.astype(np.float32) * 1e6), "0..2.55e+08"),
    ],
)
def test_deep_pictures_are_scaled_to_what_they_are_at_8_bits(content, taken):
    decoded = decode_fully(content)
    assert np.array_equal(np.asarray(decoded.image), as_rgb(GRAY))
    assert decoded.range == taken


def test_a_dark_picture_of_16_bits_stays_dark():
    for kind in ("PNG", "TIFF", "PPM"):
        assert pixels(encode(Image.fromarray(np.full((2, 2), 200, np.uint16)), kind)).max() == 0


def test_floats_that_are_no_numbers():
    values = np.array([[0, 1, np.nan, np.inf, -np.inf, 1.04, -0.04]], dtype=np.float32)
    shown = pixels(tiff(values), background="red")[0].tolist()
    black, white = [0] * 3, [255] * 3
    assert shown == [black, white, [255, 0, 0], white, black, white, black]
    with pytest.raises(ValueError, match="no pixel of the image is a number"):
        decode(tiff(np.full((2, 2), np.nan, dtype=np.float32)))


@pytest.mark.parametrize("extra", [1, 2])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_tiffs_with_alpha_associated_or_not(extra, kind):
    scale = 257 if kind is np.uint16 else 1
    layers = np.concatenate([NOISE * (ALPHA == 255)[..., None], ALPHA[..., None]], axis=2)
    content = tiff((layers.astype(np.uint32) * scale).astype(kind), photometric=2, extra=extra)
    assert np.array_equal(pixels(content), laid_on(NOISE, [255] * 3))


# Older ones take these files for damaged.
READS_TIFFS = int(PIL.__version__.partition(".")[0]) >= 13


@pytest.mark.skipif(not READS_TIFFS, reason="this Pillow cannot read such TIFFs")
@pytest.mark.parametrize("extra", [1, 2])
def test_gray_tiffs_with_alpha(extra):
    layers = np.stack([GRAY * (ALPHA == 255), ALPHA], axis=2)
    assert np.array_equal(pixels(tiff(layers, extra=extra)), laid_on(as_rgb(GRAY), [255] * 3))


def test_of_several_pages_or_frames_the_first_is_read():
    first, second = Image.new("RGB", (8, 8), "red"), Image.new("RGB", (8, 8), "blue")
    for kind in ("TIFF", "GIF", "WEBP", "PNG"):
        content = encode(first, kind, save_all=True, append_images=[second])
        assert np.abs(pixels(content).astype(int) - [255, 0, 0]).max() <= 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tiff(GRAY.astype(np.float64)), "or a TIFF of a kind that Pillow cannot read"),
        (tiff(np.stack([DEEP, DEEP], 2), extra=2), "or a TIFF of a kind that Pillow cannot read"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "or a HEIC of a kind that Pillow cannot read"),
        (b"8BPS" + bytes(40), "or a Photoshop file of a kind that Pillow cannot read"),
        (b"plain text", "^the file is not an image$"),
    ],
)
def test_what_pillow_does_not_read_is_called_what_it_is(content, message):
    with pytest.raises(ValueError, match=message):
        decode(content)


def test_a_large_picture_is_whole_and_the_limit_is_a_setting():
    content = encode(Image.new("1", (400, 300)))
    with pytest.raises(ValueError, match=r"but too large \(120000 pixels; data.max_image_pi"):
        decode(content, Decoding(max_pixels=119_999))
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = 1000  # ours alone counts, without a warning from Pillow's
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for kind in ("PNG", "TIFF", "GIF", "WEBP", "ICO"):
                side = 256 if kind == "ICO" else 400
                large = encode(Image.new("RGB", (side, 200)), kind)
                assert decode(large, Decoding(max_pixels=120_000)).mode == "RGB"
        assert Image.MAX_IMAGE_PIXELS == 1000
    finally:
        Image.MAX_IMAGE_PIXELS = before
    with pixel_limit(5), pixel_limit(7):
        assert 2 * Image.MAX_IMAGE_PIXELS == 7
    assert before == Image.MAX_IMAGE_PIXELS


def huge_header():
    body = b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


def test_a_bomb_is_refused_by_its_header():
    content = huge_header() + encode(Image.new("RGB", (2, 2)))[33:]
    with pytest.raises(ValueError, match=r"3600000000 pixels; data.max_image_pixels=178956970\)"):
        decode(content)


def noted(**notes):
    texts = PngImagePlugin.PngInfo()
    for name, (text, is_zipped) in notes.items():
        texts.add_text(name, text, zip=is_zipped)
        texts.add_itxt(name, text, zip=is_zipped)
    return encode(Image.fromarray(NOISE), pnginfo=texts)


@pytest.mark.parametrize(
    "content",
    [
        noted(note=("x" * 3_000_000, False)),
        noted(note=("x" * 3_000_000, True)),
        noted(**{f"n{number}": ("x" * 60_000, False) for number in range(1200)}),
        encode(Image.fromarray(NOISE), icc_profile=bytes(3_000_000)),
    ],
)
def test_a_picture_with_long_notes_is_whole(content):
    assert np.array_equal(pixels(content), NOISE)


def with_chunk(name, body, *, is_whole=True):
    """A PNG with one more chunk before its pixels."""
    plain = encode(Image.fromarray(NOISE))
    checksum = zlib.crc32(name + body) + (not is_whole)
    chunk = struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum & 0xFFFFFFFF)
    return plain[:33] + chunk + plain[33:]


def exif_note(turn, padding=0):
    """EXIF data as ImageMagick notes them: hexadecimal digits."""
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010E] = "x" * padding
    raw = exif.tobytes()
    return f"\nexif\n{len(raw):8}\n{raw.hex()}\n"


def xmp_note(turn, padding=0):
    return f'<x:xmpmeta a="{"x" * padding}"><rdf:D tiff:Orientation="{turn}"/></x:xmpmeta>'


def as_pillow_turns(content):
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(ImageOps.exif_transpose(image))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("padding", [0, 100_000])
@pytest.mark.parametrize("is_zipped", [True, False])
def test_pictures_are_turned_as_any_note_says(turn, padding, is_zipped):
    for keyword, note in (
        ("Raw profile type exif", exif_note(turn, padding)),
        ("XML:com.adobe.xmp", xmp_note(turn, padding)),
    ):
        for add in (PngImagePlugin.PngInfo.add_text, PngImagePlugin.PngInfo.add_itxt):
            texts = PngImagePlugin.PngInfo()
            texts.add_text("comment", "x" * 100_000, zip=True)
            add(texts, keyword, note, zip=is_zipped)
            content = encode(Image.fromarray(NOISE), pnginfo=texts)
            assert np.array_equal(pixels(content), as_pillow_turns(content))
            assert np.array_equal(pixels(content), NOISE) == (turn == 1)


RAW = b"Raw profile type exif\0"
XMP = b"XML:com.adobe.xmp\0"


@pytest.mark.parametrize(
    "content",
    [
        with_chunk(b"zTXt", RAW + b"\0no zlib"),
        with_chunk(b"zTXt", RAW + b"\x07" + zlib.compress(exif_note(6).encode())),
        with_chunk(b"zTXt", RAW + b"\0" + zlib.compress(exif_note(6).encode()), is_whole=False),
        with_chunk(b"zTXt", RAW + b"\0" + zlib.compress(b"x" * 1_100_000)),
        with_chunk(b"zTXt", RAW),
        with_chunk(b"zTXt", RAW[:-1]),
        with_chunk(b"iTXt", XMP + b"\1\0\0\0" + zlib.compress(b" " * 1_100_000)),
        with_chunk(b"iTXt", XMP + b"\1\1\0\0" + zlib.compress(xmp_note(6).encode())),
        with_chunk(b"iTXt", XMP + b"\1"),
        with_chunk(b"iTXt", XMP + b"\1\0no language"),
    ],
)
def test_a_damaged_note_on_turning_does_no_harm(content):
    assert np.array_equal(pixels(content), NOISE)


@pytest.mark.parametrize("keyword", [RAW, b"note\0"])
def test_many_notes_that_unpack_to_much_stay_small(keyword):
    bomb = keyword + b"\0" + zlib.compress(bytes(50_000_000))
    content = with_chunk(b"zTXt", bomb)
    content = content[:33] + content[33 : 33 + 12 + len(bomb)] * 50 + content[33:]
    tracemalloc.start()
    try:
        assert np.array_equal(pixels(content), NOISE)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(content) + 3_000_000
    finally:
        tracemalloc.stop()


def test_a_note_that_unpacks_to_hundreds_of_megabytes_is_not_unpacked():
    packer = zlib.compressobj(1)
    parts = [packer.compress(bytes(1 << 24)) for _ in range(20)]
    body = b"note\0\0" + b"".join(parts) + packer.flush()
    plain = encode(Image.fromarray(NOISE))
    chunk = (
        struct.pack(">I", len(body))
        + b"zTXt"
        + body
        + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    )
    content = plain[:33] + chunk + plain[33:]
    tracemalloc.start()
    try:
        assert np.array_equal(pixels(content), NOISE)
        assert tracemalloc.get_traced_memory()[1] < 3 * len(content)
    finally:
        tracemalloc.stop()


def test_how_to_turn_a_picture_may_stand_in_a_note():
    texts = PngImagePlugin.PngInfo()
    turned = '<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    texts.add_itxt("XML:com.adobe.xmp", turned)
    texts.add_text("long", "x" * 3_000_000, zip=True)
    expected = np.rot90(NOISE, -1)
    assert np.array_equal(pixels(encode(Image.fromarray(NOISE), pnginfo=texts)), expected)


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB", "1", "P"])
def test_other_modes_become_rgb(mode):
    smooth = Image.fromarray(as_rgb(GRAY)).resize((32, 32))
    if mode == "YCbCr" and not READS_TIFFS:
        pytest.skip("this Pillow cannot read such TIFFs")
    kind = "PNG" if mode in {"1", "P"} else "TIFF"
    near = pixels(encode(smooth.convert(mode), kind)).mean() - np.asarray(smooth).mean()
    assert abs(near) < 3
