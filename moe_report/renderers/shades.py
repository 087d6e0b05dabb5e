"""Numbers as a picture of pixels, as pages and SVG hold one."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_COLOUR = (0x00, 0x72, 0xB2)  # of the most; less is more transparent, on paper of any colour
_SHADES = 255


def shaded(numbers: NDArray[np.float64], most: float) -> str:
    """Return a PNG as a ``data:`` address, a pixel a number, in shades of one colour.

    Args:
        numbers: From 0 on, in rows.
        most: What is shown without any transparency, and so is what is more.
    """
    shades = np.rint(np.minimum(numbers / most, 1) * _SHADES).astype(np.uint8)
    height, width = shades.shape
    rows = np.hstack([np.zeros((height, 1), np.uint8), shades]).tobytes()  # each without a filter
    parts = (
        (b"IHDR", struct.pack(">2I5B", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", bytes(_COLOUR) * (_SHADES + 1)),
        (b"tRNS", bytes(range(_SHADES + 1))),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}"
