"""Damaged pictures, bombs, and files that are no pictures."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image, PngImagePlugin

from campaign.case import Case, Kind, either, refused, right
from campaign.images.drawing import IDS, one, rgb
from campaign.material import TEXT, picture
from campaign.results import holds


def _png(width: int, height: int, body: bytes = b"", *extra: tuple[bytes, bytes]) -> bytes:
    """Make a PNG that says it is so large, whatever it holds."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *extra, (b"IDAT", body), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def _jpeg(number: int, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(picture(number, 200)).save(stream, "JPEG", **options)
    return stream.getvalue()


def _odd_cases() -> list[Case]:
    named, fine = refused("s003"), right(holds(IDS))
    text = lambda content: lambda file: file.write_bytes(content)
    plain = _jpeg(3)
    whole = io.BytesIO()
    rgb(3).save(whole, "PNG")
    damaged = bytearray(whole.getvalue())
    damaged[60] ^= 0xFF
    large_text = PngImagePlugin.PngInfo()
    large_text.add_text("Comment", "x" * 2_000_000, zip=True)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    return [
        one("empty", text(b""), named),
        one("one_byte", text(b"\x89"), named),
        one("random_bytes", text(bytes(range(256)) * 8), named),
        one("text", text(b"this is no picture"), named),
        one("html", text(b"<html>404</html>"), named, ".jpg"),
        one("svg", text(svg), named, ".svg"),
        one("pdf", text(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"), named, ".pdf"),
        one("heic_header", text(b"\0\0\0\x18ftypheic" + bytes(200)), named, ".heic"),
        one("mp4", text(b"\0\0\0\x18ftypisom" + bytes(200)), named, ".jpg"),
        one(
            "eps",
            text(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(x) run\n"),
            named,
            ".eps",
            kind=Kind.hostile_file,
        ),
        one("jpeg_cut", text(plain[: len(plain) // 2]), named, ".jpg"),
        one("jpeg_cut_at_header", text(plain[:20]), named, ".jpg"),
        one("jpeg_progressive_cut", text(_jpeg(3, progressive=True)[:3000]), named, ".jpg"),
        one("jpeg_without_end", text(plain[:-2]), either(fine, named), ".jpg"),
        one("jpeg_zeros_at_end", text(plain + bytes(5000)), either(fine, named), ".jpg"),
        one("png_cut", text(whole.getvalue()[:-40]), named),
        one("png_flipped", text(bytes(damaged)), named),
        one("png_header_alone", text(whole.getvalue()[:33]), named),
        one("one_pixel", lambda file: Image.new("RGB", (1, 1), "red").save(file), fine),
        one("one_row", lambda file: Image.new("RGB", (10_000, 1), "red").save(file), fine),
        one("one_column", lambda file: Image.new("RGB", (1, 10_000), "red").save(file), fine),
        one(
            "tall_thin",
            lambda file: Image.new("RGB", (2, 60_000), "red").save(file),
            either(fine, named),
        ),
        one("zero_size", text(_png(0, 0)), named, kind=Kind.hostile_file),
        one(
            "bomb_header",
            text(_png(200_000, 200_000, zlib.compress(b"\0" * 1000))),
            refused("s003", "pixel|large|limit"),
            kind=Kind.hostile_file,
        ),
        one(
            "bomb_of_zeros",
            text(_png(30_000, 30_000, zlib.compress(bytes(90_030_000), 9))),
            refused("s003", "pixel|large|limit"),
            kind=Kind.hostile_file,
        ),
        one(
            "bomb_just_below_guard",
            text(_png(13_000, 13_000, zlib.compress(bytes(13_000 * 39_001), 9))),
            either(fine, named),
            kind=Kind.hostile_file,
        ),
        one(
            "bomb_gif",
            lambda file: Image.new("P", (60_000, 4_000)).save(file),
            either(named, fine),
            ".gif",
            kind=Kind.hostile_file,
        ),
        one(
            "gif_of_many_frames",
            lambda file: Image.new("P", (9, 9)).save(
                file,
                save_all=True,
                append_images=[Image.new("P", (9, 9), at % 250) for at in range(3000)],
            ),
            fine,
            ".gif",
            kind=Kind.hostile_file,
        ),
        one(
            "text_chunk_large",
            lambda file: rgb(3).save(file, pnginfo=large_text),
            either(fine, refused("s003", "text")),
            kind=Kind.hostile_file,
        ),
        one(
            "text_chunk_escape",
            lambda file: rgb(3).save(file, pnginfo=_escape_info()),
            fine,
            kind=Kind.hostile_file,
        ),
        one("profile_broken", lambda file: rgb(3).save(file, icc_profile=b"no profile"), fine),
        one(
            "exif_broken",
            text(plain[:2] + b"\xff\xe1\x00\x20Exif\0\0" + b"\xff" * 24 + plain[2:]),
            either(fine, named),
            ".jpg",
        ),
        one(
            "tiff_pages_in_a_circle",
            text(_circular_tiff()),
            either(fine, named),
            ".tif",
            kind=Kind.hostile_file,
        ),
        one(
            "tiff_compressed_bomb",
            lambda file: Image.new("L", (20_000, 20_000)).save(
                file, compression="tiff_adobe_deflate"
            ),
            refused("s003", "pixel|large|limit"),
            ".tif",
            kind=Kind.hostile_file,
        ),
        one(
            "damaged_is_dropped",
            text(b"no"),
            right(holds([name for name in IDS if name != "s003"])),
            arguments=("data.on_bad_sample=drop",),
        ),
        one("damaged_beside_text", text(b"no"), either(named, right(holds(IDS))), base=TEXT),
        one(
            "link_to_a_secret",
            lambda file: file.symlink_to("/etc/shadow"),
            named,
            kind=Kind.hostile_file,
        ),
    ]


def _escape_info() -> PngImagePlugin.PngInfo:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "\x1b]0;owned\x07\x1b[2J<script>")
    return info


def _circular_tiff() -> bytes:
    """Make a TIFF whose first page says that it is its own next page."""
    entries = [(256, 3, 1, 4), (257, 3, 1, 4), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, 200), (277, 3, 1, 1), (278, 3, 1, 4), (279, 4, 1, 16)]
    body = struct.pack("<2sHI", b"II", 42, 8) + struct.pack("<H", len(entries))
    body += b"".join(struct.pack("<HHII", *one) for one in entries) + struct.pack("<I", 8)
    return body.ljust(200, b"\0") + bytes(range(100, 116))


CASES = [*_odd_cases()]
