"""TIFF files of kinds that Pillow reads and does not write."""

from __future__ import annotations

import struct

import numpy as np


def tiff(pixels, *, photometric=1, extra=None, big=False):
    """Write an uncompressed TIFF: (height, width) or (height, width, samples) of any number type.

    `extra` says what a last sample is: 1 associated alpha, 2 unassociated.
    """
    order = ">" if big else "<"
    pixels = np.asarray(pixels)
    height, width, samples = (*pixels.shape, 1)[:3]
    data = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    kind = {"u": 1, "i": 2, "f": 3}[pixels.dtype.kind]
    tags = {
        256: [width],
        257: [height],
        258: [pixels.dtype.itemsize * 8] * samples,
        259: [1],
        262: [photometric],
        273: [0],  # where the pixels begin
        277: [samples],
        278: [height],
        279: [len(data)],
        339: [kind] * samples,
    }
    if extra is not None:
        tags[338] = [extra]
    end = 8 + 2 + 12 * len(tags) + 4
    later = [values for values in tags.values() if len(values) > 2]
    tags[273] = [end + sum(2 * len(values) for values in later)]
    entries, beside = b"", b""
    for tag in sorted(tags):
        number, letter = (4, "I") if tag in {273, 279} else (3, "H")
        values = struct.pack(order + letter * len(tags[tag]), *tags[tag])
        field = values.ljust(4, b"\0")
        if len(values) > 4:
            field = struct.pack(order + "I", end + len(beside))
            beside += values
        entries += struct.pack(order + "HHI", tag, number, len(tags[tag])) + field
    start = (b"MM\0*" if big else b"II*\0") + struct.pack(order + "I", 8)
    return start + struct.pack(order + "H", len(tags)) + entries + bytes(4) + beside + data
