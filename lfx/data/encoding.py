"""Decoding the bytes of a tweet to text."""

from __future__ import annotations

from codecs import BOM_UTF8


def decode_tweet(raw: bytes) -> tuple[str, str]:
    r"""Decode a tweet: UTF-8, else GB18030, else UTF-8 with replacement characters.

    About a quarter of MVSA's tweets are not UTF-8; GB18030 decodes their typographic signs, such
    as `\xa1\xad` to an ellipsis.

    Args:
        raw: the file's bytes.

    Returns:
        The text without surrounding white space, and the encoding: `utf-8`, `gb18030` or
        `replaced`.
    """
    raw = raw.removeprefix(BOM_UTF8)  # not a part of the tweet
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding).strip(), encoding
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="replace").strip(), "replaced"
