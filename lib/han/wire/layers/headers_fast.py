"""Headers of layers inside frames as viper code. `headers_plain.py` has the twins in ordinary Python."""
import micropython
from micropython import const

_BLOCKS = const(32)
_TITLE = const(8)


@micropython.viper
def block(p: ptr8, start: int, end: int, now: ptr32) -> int:
    """Read the header of the block p[start:end], see `segments.py`. 1, or 0 where it is malformed.

    now   result: number of the block, index and length of its data, its control byte
    """
    at = start + 7
    if at > end:
        return 0
    n = p[start + 2] << 8 | p[start + 3]
    size = p[start + 6]
    if size > 127:
        k = size & 127
        if k > 2 or at + k > end:
            return 0
        size = 0
        while k:
            size = size << 8 | p[at]
            at += 1
            k -= 1
    if at + size > end or n < 1 or n > _BLOCKS:
        return 0
    now[0] = n
    now[1] = at
    now[2] = size
    now[3] = p[start + 1]
    return 1


@micropython.viper
def ciphered(p: ptr8, start: int, end: int, at: ptr32) -> int:
    """Read the header of the ciphered APDU p[start:end], see `ciphered.py`. 1, or 0 where it is malformed.

    at   result: index and length of the system title, security control, index of the ciphertext and behind it
    """
    if start + 4 > end:
        return 0
    size = p[start + 1]
    k = start + 2 + size
    if size > _TITLE or k + 2 > end:
        return 0
    at[0] = start + 2
    at[1] = size
    size = p[k]
    k += 1
    if size > 127:
        n = size & 127
        if n > 2 or k + n > end:
            return 0
        size = 0
        while n:
            size = size << 8 | p[k]
            k += 1
            n -= 1
    if k + size != end or size < 5:
        return 0
    at[2] = p[k]
    at[3] = k + 5
    at[4] = end
    return 1
