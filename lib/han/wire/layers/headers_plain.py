"""The twins of `headers_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
_BLOCKS = 32
_TITLE = 8


def _length(buf, at, end):
    """(index behind a BER length of at most two bytes more, the length); None where it is malformed."""
    size = buf[at]
    at += 1
    if size < 0x80:
        return at, size
    n = size & 0x7F
    if n > 2 or at + n > end:
        return None
    return at + n, int.from_bytes(bytes(buf[at:at + n]), "big")


def block(buf, start, end, now):
    """Read the header of the block buf[start:end]; see the twin in `headers_fast.py`."""
    said = _length(buf, start + 6, end) if end - start >= 7 else None
    if not said:
        return 0
    number = buf[start + 2] << 8 | buf[start + 3]
    at, size = said
    if at + size > end or not 1 <= number <= _BLOCKS:
        return 0
    now[0], now[1], now[2], now[3] = number, at, size, buf[start + 1]
    return 1


def ciphered(buf, start, end, at):
    """Read the header of the ciphered APDU buf[start:end]; see the twin in `headers_fast.py`."""
    if start + 4 > end:
        return 0
    size = buf[start + 1]
    if size > _TITLE or start + 4 + size > end:
        return 0
    at[0], at[1] = start + 2, size
    said = _length(buf, start + 2 + size, end)
    if not said or said[0] + said[1] != end or said[1] < 5:
        return 0
    at[2], at[3], at[4] = buf[said[0]], said[0] + 5, end
    return 1
