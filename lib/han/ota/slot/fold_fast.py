"""The checksum of an image's segments as viper code. `fold_plain.py` is its twin in ordinary Python."""
import micropython
from micropython import const

_BYTE = const(0xFF)


@micropython.viper
def fold(buf, start: int, end: int, total: int) -> int:
    """XOR of all bytes of buf[start:end] and the byte `total`."""
    b = ptr8(buf)
    while start < end:
        total ^= b[start]
        start += 1
    return total & _BYTE
