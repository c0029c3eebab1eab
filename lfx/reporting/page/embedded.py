"""Values and arrays for scripts of a page, as text that cannot end the element that holds it."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def as_json(value: Any) -> str:
    r"""Return JSON for a `<script type="application/json">`.

    >>> as_json({"a": "</script><!--"})
    '{"a":"\\u003c/script\\u003e\\u003c!--"}'

    Lone surrogates, which no file can hold, become question marks.

    Raises:
        ValueError: a number is not finite, which JSON has no word for.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPED).encode("utf-8", "replace").decode("utf-8")


def as_floats(values: NDArray[np.floating]) -> str:
    """Return an array as base64 of little-endian float32, which scripts read as `Float32Array`."""
    return base64.b64encode(np.ascontiguousarray(values, "<f4").tobytes()).decode("ascii")


def as_integers(values: NDArray[np.integer]) -> str:
    """Return an array of -32,768..32,767 as base64 of little-endian int16, for `Int16Array`."""
    return base64.b64encode(np.ascontiguousarray(values, "<i2").tobytes()).decode("ascii")


def as_bytes(values: NDArray[np.bool_]) -> str:
    """Return a mask as base64 of a byte each, for `Uint8Array`."""
    return base64.b64encode(np.ascontiguousarray(values, "u1").tobytes()).decode("ascii")


def digest(script: str) -> str:
    """Return the source expression by which a content security policy allows an inline script.

    >>> digest("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    content = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return f"'sha256-{content}'"
