from __future__ import annotations

import pytest

from lfx.data.encoding import decode_tweet


@pytest.mark.parametrize(
    ("raw", "text", "encoding"),
    [
        (b"plain", "plain", "utf-8"),
        (b"", "", "utf-8"),
        (b" \r\n hello \n", "hello", "utf-8"),
        (b"\xef\xbb\xbfmarked", "marked", "utf-8"),
        ("café 😀".encode(), "café 😀", "utf-8"),
        (b"wait\xa1\xad", "wait…", "gb18030"),
        (b"\xa1\xb0quoted\xa1\xb1", "“quoted”", "gb18030"),
        # 0xFF begins no character in either encoding.
        (b"bad \xff byte", "bad � byte", "replaced"),
        (b"cut short \xa1", "cut short �", "replaced"),
    ],
)
def test_a_tweet_decodes(raw, text, encoding):
    assert decode_tweet(raw) == (text, encoding)
