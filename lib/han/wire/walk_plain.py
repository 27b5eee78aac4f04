"""The twins of `walk_fast.py` in ordinary Python: what CPython runs and what the tests compare with."""
from .tables import SIZES

_NUMBER, _NEGATIVE = 1, 16
_SCALE, _NO_UNIT, _DEPTH, _FOREIGN = 64, 255, 8, 0x3FFFFFFF
_SIGNED = (0x05, 0x0F, 0x10, 0x14)


def key_of(code):
    """Key of an OBIS code of at least 5 bytes, _FOREIGN where it is not of the electricity meter itself."""
    a, b, c, d, e = code[:5]
    if a > 1 or b > a and (c, d) != (1, 0):
        return _FOREIGN
    return a << 24 | c << 16 | d << 8 | e


class _Malformed(Exception):
    pass


class _Walk:
    def __init__(self, buf, start, end, rows, most):
        self.buf = bytes(buf[:end])
        self.p = start
        self.end = end
        self.rows = rows
        self.most = most
        self.n = self.codes = self.units = 0
        self.names = []
        self.pending = 0
        self.last = None
        self.sent = None  # scaler and unit that came before their number
        self.children = 0

    def take(self, size):
        if self.p + size > self.end:
            raise _Malformed
        self.p += size
        return self.buf[self.p - size:self.p]

    def length(self):
        size = self.take(1)[0]
        if size & 0x80:
            if size & 0x7F > 2:
                raise _Malformed
            size = int.from_bytes(self.take(size & 0x7F), "big")
        return size

    def value(self, depth, ordinal):
        tag = self.take(1)[0]
        if tag in (1, 2):
            self.container(tag, self.length(), depth)
        else:
            self.leaf(tag, depth, ordinal)

    def container(self, tag, size, depth):
        ahead = self.buf[self.p:self.p + 16]
        if tag == 2 and size == 2 and len(ahead) >= 4 and ahead[0] == 0x0F and ahead[2] == 0x16:
            exponent = ahead[1] - 256 if ahead[1] & 0x80 else ahead[1]
            sent = _SCALE + exponent, ahead[3]
            if self.pending:
                self.sent = sent
            elif self.last is not None:
                self.rows[self.last * 8 + 5], self.rows[self.last * 8 + 6] = sent
                self.units += 1
                self.last = None
            self.p += 4
            return
        if (tag == 2 and size == 4 and len(ahead) == 16 and ahead[0] == 0x12
                and ahead[3] + ahead[4] == 15 and ahead[11] == 0x0F and ahead[13] == 0x12):
            self.codes += 1
            if len(self.names) < self.most:
                self.names.append(key_of(ahead[5:]) or _FOREIGN if ahead[12] == 2 else _FOREIGN)
            self.p += 16
            return
        if tag == 2 and size == 2 and len(ahead) >= 9 and ahead[0] == 0 and ahead[7] == 0xFF:
            self.codes += 1
            self.pending = key_of(ahead[2:]) if ahead[8] == 2 else _FOREIGN
            self.p += 9
            size = 1
        if depth + 1 > _DEPTH:
            raise _Malformed
        if depth == 0:
            self.children = size
        for ordinal in range(size):
            self.value(depth + 1, ordinal)

    def leaf(self, tag, depth, ordinal):
        code = 0 if tag == 0xFF else SIZES[tag] if tag < len(SIZES) else 0xFF
        size = self.length() if code & 0x4F == 0x40 else code & 15
        if code == 0xFF:
            raise _Malformed
        if tag == 4:
            size = (size + 7) // 8
        kind = code >> 4 & 3
        at = self.p
        content = self.take(size)
        if not self.pending and not (self.names and depth == 1):
            if size == 6 and tag == 9 and content[5] == 0xFF and content[0] < 16:
                self.codes += 1
                self.pending = key_of(content)
                return
            swapped = self.buf[at:at + 7]
            if tag == 6 and len(swapped) == 7 and swapped[0] == 9 and swapped[6] == 0xFF and swapped[1] < 2:
                self.codes += 1
                self.pending = key_of(swapped[1:])
                self.p = at + 7
                return
        key, self.pending = self.pending, 0
        if not key and self.names and depth == 1:
            index = ordinal - (self.children - len(self.names))
            if 0 <= index < len(self.names):
                key = self.names[index]
        self.last = None
        scale, unit = self.sent or (_SCALE, _NO_UNIT)
        self.sent = None
        if not kind or key == _FOREIGN or self.n >= self.most:
            return
        number = 0
        if kind == _NUMBER:
            number = int.from_bytes(content, "big")
            if tag in _SIGNED and content[0] & 0x80:
                number -= 1 << 8 * size
            # The loop in viper gives up on larger magnitudes before it adds the last byte.
            if abs(number + (number < 0)) >> 8 >> 24 > 0x3FFFFF:
                return
        if kind == _NUMBER and unit == _NO_UNIT:
            self.last = self.n
        store(self.rows, self.n, key, at, size, number, scale, unit, kind)
        self.n += 1
        self.units += unit != _NO_UNIT


def store(rows, n, key, offset, length, number, scale, unit, kind):
    """Write row n (see `walk_fast.py`)."""
    low, high = abs(number) & 0xFFFFFF, abs(number) >> 24
    row = key, offset, length, low, high, scale, unit, kind | (_NEGATIVE if number < 0 else 0)
    for i, word in enumerate(row):
        rows[n * 8 + i] = word


def axdr_walk(buf, start, end, rows, most, names, info):
    """Walk one A-XDR value; the index behind it, or -1 - index where it is malformed."""
    walk = _Walk(buf, start, end, rows, most)
    try:
        walk.value(0, 0)
    except _Malformed:
        info[0] = info[1] = info[2] = 0
        return -1 - walk.p
    info[0], info[1], info[2] = walk.n, walk.codes, walk.units
    return walk.p
