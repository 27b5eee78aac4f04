"""Headers of layers inside frames as viper code. `headers_plain.py` has the twins in ordinary Python."""
import micropython
from micropython import const

_BLOCKS = const(32)
_TITLE = const(8)
_APDU = const(6)
_SEGMENT = const(8)
_BLOCK = const(9)
_TAG = const(0xE0)  # of a block
_WAIT = const(16)
_LAST = const(2)


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
def ciphered(p: ptr8, start: int, end: int, at: ptr32, title) -> int:
    """Read the header of the ciphered APDU p[start:end], see `ciphered.py`. 1, or 0 where it is malformed; 2 where its
    system title is not `title`, bytes.

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
    k = at[1]
    if int(len(title)) != k:
        return 2
    q = ptr8(title)
    p = ptr8(int(p) + at[0])
    while k:
        k -= 1
        if p[k] != q[k]:
            return 2
    return 1


@micropython.viper
def join(p: ptr8, q: ptr8, at: ptr32, known: ptr16) -> int:
    """Append a frame of several, or a block, to those before it, as `Layers` says in `at`.

    p       buffer of the telegram
    q       buffer of those before it
    known   as of `segments.Blocks`

    Returns _WAIT where more must come; APDU where the telegram is complete in q; _SEGMENT or _BLOCK where nothing was
    done, as there is no buffer yet, no room, or the block is not the next one.
    """
    what = _SEGMENT
    k = 6
    if at[3] == _TAG:
        what = _BLOCK
        k = 9
    room = at[k]
    if not room:
        return what
    length = at[k + 1]
    start = at[0]
    size = at[1] - start
    last = at[3] & _LAST
    if what != _SEGMENT:
        now = ptr32(int(at) + 48)
        if not int(block(int(p), start, at[1], int(now))) or now[0] != at[k + 2] + 1:
            return what
        start = now[1]
        size = now[2]
        last = now[3] & 0x80
    if length + size > room:
        return what
    p = ptr8(int(p) + start)
    q = ptr8(int(q) + length)
    at[k + 1] = length + size
    at[k + 2] = at[k + 2] + 1
    if what != _SEGMENT:
        n = at[k + 2]
        known[n] = length
        known[_BLOCKS + 1 + n] = size
    while size > 3:
        q[0] = p[0]
        q[1] = p[1]
        q[2] = p[2]
        q[3] = p[3]
        p = ptr8(int(p) + 4)
        q = ptr8(int(q) + 4)
        size -= 4
    while size > 0:
        q[0] = p[0]
        p = ptr8(int(p) + 1)
        q = ptr8(int(q) + 1)
        size -= 1
    at[4] = at[8]
    if not last:
        return _WAIT
    at[0] = 0
    at[1] = at[k + 1]
    if what != _SEGMENT:
        while n:
            known[_BLOCKS + 1 + n] = 0xFFFF
            n -= 1
        at[16] = 1
    at[k + 1] = 0
    at[k + 2] = 0
    at[4] = at[8]
    return _APDU
