"""The twins of `headers_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
_BLOCKS = 32
_TITLE = 8
_APDU, _SEGMENT, _BLOCK, _WAIT, _LAST = 6, 8, 9, 16, 2
_TAG = 0xE0


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


def ciphered(buf, start, end, at, title):
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
    return 1 if title == bytes(buf[start + 2:start + 2 + size]) else 2


def join(buf, pieces, at, known):
    """Append a frame of several, or a block, to those before it; see the twin in `headers_fast.py`."""
    what, k = (_BLOCK, 9) if at[3] == _TAG else (_SEGMENT, 6)
    if not at[k]:
        return what
    start, end, last = at[0], at[1], at[3] & _LAST
    if what != _SEGMENT:
        now = [0] * 4
        good = block(buf, start, end, now)
        for i in range(4 if good else 0):
            at[12 + i] = now[i]
        if not good or now[0] != at[k + 2] + 1:
            return what
        start, end, last = now[1], now[1] + now[2], now[3] & 0x80
    length = at[k + 1]
    if length + end - start > at[k]:
        return what
    pieces[length:length + end - start] = buf[start:end]
    at[k + 1] += end - start
    at[k + 2] += 1
    if what != _SEGMENT:
        known[at[k + 2]] = length
        known[_BLOCKS + 1 + at[k + 2]] = end - start
    at[4] = at[8]
    if not last:
        return _WAIT
    at[0], at[1] = 0, at[k + 1]
    if what != _SEGMENT:
        for n in range(1, at[k + 2] + 1):
            known[_BLOCKS + 1 + n] = -1
        at[16] = 1
    at[k + 1] = at[k + 2] = 0
    at[4] = at[8]
    return _APDU
