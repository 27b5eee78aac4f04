"""The twins of `texts_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
from .arc import ARC
from .plain import crc

_IDENT = 16
_SLASH = 0x10000
_TEXT = bytes(range(0x20, 0x7F)) + b"\r\n\t"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_DIGITS = b"0123456789ABCDEFabcdef"


def crc_arc(buf, start, end):
    """P1 checksum (CRC-16/ARC) of buf[start:end]."""
    return crc(ARC, 0, memoryview(buf)[start:end])


def whole(buf, start, end, seen):
    """Go on with the P1 telegram that opens in buf[start:end]; see the twin in `texts_fast.py`."""
    while start < end and buf[start] in b"\r\n":
        start += 1
    if start == end:
        return 0
    n, seen[0], seen[3] = seen[0], 0, start
    if not n:
        seen[1] = 0
    at = start + n
    while at < end:
        byte, before = buf[at], buf[at - 1] if at else 0
        last = at > start and byte == 0x21 and before in b"\r\n"
        if not _fits(at - start, byte, before) or last and at - start < _IDENT:
            return -1
        if last:
            break
        slash = _SLASH if at > start and byte == 0x2F else seen[1] & _SLASH
        seen[1] = crc(ARC, seen[1] & 0xFFFF, bytes((byte,))) | slash
        at += 1
        if at - start == _IDENT:
            seen[2] = seen[1] & 0xFFFF
    if end - at < 5:
        if end - at > 1 and buf[at + 1] in b"\r\n":
            return -1 if seen[1] & _SLASH or seen[2] == seen[4] else at + 1  # no CRC
        seen[0] = at - start
        return 0
    for byte in buf[at + 1:at + 5]:
        if byte not in _DIGITS:
            return -1
    if int(bytes(buf[at + 1:at + 5]), 16) != crc(ARC, seen[1] & 0xFFFF, b"!"):
        return -1
    seen[4] = seen[2]
    return at + 5


def _fits(k, byte, before):
    """True where a byte may be the one with index k of a telegram."""
    if k == 0:
        return byte == 0x2F
    if k < 4:
        return byte in _LETTERS
    if byte in _TEXT:
        return k >= _IDENT or byte != 0x09
    return k >= _IDENT and byte == 0x02 and before in b"\r\n"
