"""Steps over A-XDR values that are not read (viper). In `walk_plain.py` their twins are methods of the walk."""
import micropython
from micropython import const

from ..tables import SIZES

_COMPACT = const(0x13)
_DONT_CARE = const(0xFF)


@micropython.viper
def length(at: int, end: int) -> int:
    """The BER length at an address: 8 * length + number of its own bytes (1 to 5); -1 where it is malformed."""
    if at >= end:
        return -1
    p = ptr8(at)
    k = p[0]
    if k < 0x80:
        return k << 3 | 1
    k -= 0x80
    if k < 1 or k > 4 or at + k >= end:
        return -1
    size = 0
    at = k + 1
    while k:
        if size >> 16:
            return -1  # more than any telegram has
        p = ptr8(int(p) + 1)
        size = size << 8 | p[0]
        k -= 1
    return size << 3 | at


@micropython.viper
def behind(at: int, end: int, values: int) -> int:
    """The address behind so many A-XDR values with all values in them; 0 where one is malformed.

    To step over nested values, it is enough to count them. A compact array (IEC 62056-6-2 clause
    4.1.5) is the type of its elements, whose parts are counted in the same way, then a length, then
    all contents.
    """
    sizes = ptr8(SIZES)
    while values:
        # Each value takes at least one byte.
        if at >= end or values > end - at:
            return 0
        p = ptr8(at)
        tag = p[0]
        at += 1
        values -= 1
        form = 0xFF
        if tag < 34:
            form = sizes[tag]
        elif tag == _DONT_CARE:
            form = 0
        if tag == _COMPACT:
            form = 0x40
            types = 1
            while types:
                if at >= end or types > end - at:
                    return 0
                p = ptr8(at)
                tag = p[0]
                at += 1
                types -= 1
                if tag == 1:
                    at += 2
                    types += 1
                elif tag == 2:
                    size = int(length(at, end))
                    if size < 0:
                        return 0
                    at += size & 7
                    types += size >> 3
                elif tag >= 34 and tag != _DONT_CARE or tag < 34 and sizes[tag] == 0xFF:
                    return 0
            tag = 0
        elif form == 0xFF:
            return 0
        size = form & 15
        if form & 0x4F == 0x40:
            size = int(length(at, end))
            if size < 0:
                return 0
            at += size & 7
            size >>= 3
            if form == 0x70:
                values += size
                continue
            if tag == 4:
                size = (size + 7) >> 3
        if size > end - at:
            return 0
        at += size
    return at
