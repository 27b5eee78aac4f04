"""The twins of `walk_fast.py` and `step_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
from ..tables import SIZES

_NUMBER, _FLOAT, _NEGATIVE = 1, 3, 16
_SCALE, _NO_UNIT, _DEPTH, _FOREIGN = 64, 255, 8, 0x3FFFFFFF
_BOOLEAN, _ENUM, _COMPACT, _DONT_CARE, _SCALER, _TIME, _SWITCH = 3, 22, 0x13, 0xFF, 0x10000000, 0x8000, 0x600300


def key_of(code):
    """The key of an OBIS code of at least 5 bytes; _FOREIGN where it is not the electricity meter's own."""
    a, b, c, d, e = code[:5]
    if a > 1 or b > a and (c, d) != (1, 0):
        return _FOREIGN
    return a << 24 | c << 16 | d << 8 | e


def _name(code):
    """The key of an OBIS code. Some meters of Landis+Gyr send A = 0 for electricity."""
    key = key_of(code) or _FOREIGN
    if key != _FOREIGN:
        return key | 1 << 24 if code[3] in (7, 8) else key
    a, b, c, d, e = code[:5]
    if not a and 0 < b < 10 and (c == 24 or c == 96 and d in (1, 3)):
        return b + 4 << 24 | c << 16 | d << 8 | e
    return _FOREIGN


def _attribute(code, attribute):
    """The key for an attribute of an object: 2 is the value, 3 is scaler and unit; most others are _FOREIGN."""
    switch = code[2:4] == b"\x60\x03"
    if attribute == 2 or attribute == 3 and switch or attribute == 9 and code[2:4] == b"\x18\x01":
        return _name(code)
    if attribute == 5 and code[2] == 24:
        return _name(code) | _TIME
    return _name(code) | _SCALER if attribute == 3 else _FOREIGN


def _form(tag):
    return 0 if tag == _DONT_CARE else SIZES[tag] if tag < len(SIZES) else 0xFF


class _Malformed(Exception):
    pass


class _Walk:
    def __init__(self, buf, start, end, rows, most):
        self.buf = bytes(buf[:end])
        self.p = start
        self.end = end
        self.rows = rows
        self.most = most
        self.n = self.codes = self.floats = self.shape = 0
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
            if not 1 <= size & 0x7F <= 4:
                raise _Malformed
            size = int.from_bytes(self.take(size & 0x7F), "big")
            if size >> 24:
                raise _Malformed
        return size

    def step_over(self, values=1):
        """Step over so many values with all values in them."""
        while values:
            tag = self.take(1)[0]
            values -= 1
            if tag in (1, 2):
                values += self.length()
            elif tag == _COMPACT:
                self.description()
                self.take(self.length())
            else:
                self.take(self.content(tag))
            if values > self.end - self.p:
                raise _Malformed

    def description(self):
        """Step over the type of a compact array's elements."""
        types = 1
        while types:
            tag = self.take(1)[0]
            types -= 1
            if tag == 1:
                self.take(2)
                types += 1
            elif tag == 2:
                types += self.length()
            elif _form(tag) == 0xFF:
                raise _Malformed
            if types > self.end - self.p:
                raise _Malformed

    def content(self, tag):
        """Number of bytes of the content of a value that is not an array or structure."""
        form = _form(tag)
        if form == 0xFF:
            raise _Malformed
        size = self.length() if form & 0x4F == 0x40 else form & 15
        return (size + 7) // 8 if tag == 4 else size

    def value(self, depth, ordinal):
        tag = self.take(1)[0]
        if tag in (1, 2):
            self.container(tag, self.length(), depth, ordinal)
        elif tag == _COMPACT:
            self.p -= 1
            self.step_over()
            self.leaf(tag, self.p, None, depth, ordinal)
        else:
            size = self.content(tag)
            at = self.p
            if not self.code(tag, size, depth):
                self.leaf(tag, at, self.take(size), depth, ordinal)

    def container(self, tag, size, depth, ordinal):
        ahead = self.buf[self.p:self.p + 16]
        code = False
        if tag == 2 and size == 2 and len(ahead) >= 4 and ahead[0] == 0x0F and ahead[2] == 0x16:
            exponent = ahead[1] - 256 if ahead[1] & 0x80 else ahead[1]
            sent = _SCALE + exponent, ahead[3]
            if not self.pending:
                place = self.place(depth, ordinal)
                if place >= 0:
                    for n in range(self.n):
                        if self.rows[8 * n] | _SCALER == self.names[place] and self.rows[8 * n + 6] == _NO_UNIT:
                            self.rows[8 * n + 5], self.rows[8 * n + 6] = sent
                elif self.last is not None:
                    self.rows[self.last * 8 + 5], self.rows[self.last * 8 + 6] = sent
                self.last = None
            elif len(ahead) >= 12 and ahead[4:6] == b"\x09\x06" and ahead[11] == 0xFF:
                self.pending = 0
                self.sent = None
            else:
                self.sent = sent
            self.p += 4
            return
        if self.pending or tag != 2:
            pass
        elif (4 <= size <= 6 and len(ahead) == 16 and ahead[0] == 0x12
                and ahead[3] + ahead[4] == 15 and ahead[11] == 0x0F and ahead[13] == 0x12):
            self.codes += 1
            if len(self.names) < self.most:
                self.names.append(_attribute(ahead[5:], ahead[12]))
            self.p += 16
            self.step_over(size - 4)
            return
        elif size == 2 and len(ahead) >= 9 and ahead[0] == 0 and ahead[7] == 0xFF:
            self.codes += 1
            self.pending = _attribute(ahead[2:], ahead[8])
            self.p += 9
            size = 1
            code = True
        if depth == _DEPTH or self.place(depth, ordinal) >= 0 or self.pending and not code:
            self.step_over(size)
            self.leaf(tag, self.p, None, depth, ordinal)
            return
        if depth == 0:
            self.children = size
        for i in range(size):
            self.value(depth + 1, i)
        self.last = None
        if self.pending:
            self.pending = 0
            self.sent = None

    def place(self, depth, ordinal):
        """Index of the name for this value, -1 for none: the names are for the last values of the list."""
        place = ordinal - (self.children - len(self.names))
        return place if depth == 1 and place < len(self.names) else -1

    def code(self, tag, size, depth):
        """True where this value is an OBIS code, which names the next value."""
        if self.pending or self.names and depth == 1:
            return False
        ahead = self.buf[self.p:self.p + 7]
        if tag == 9 and size == 6 and len(ahead) >= 6 and ahead[5] == 0xFF and ahead[0] < 16:
            if ahead[2:4] == b"\x19\x09":
                return False  # the code of the push setup
            code = ahead
            self.p += 6
        elif tag == 6 and len(ahead) == 7 and ahead[0] == 9 and ahead[6] == 0xFF and max(ahead[1:3]) < 2 and depth > 1:
            code = ahead[1:]
            self.p += 7
        else:
            return False
        self.codes += 1
        self.pending = _name(code)
        return True

    def leaf(self, tag, at, content, depth, ordinal):
        """A value with no others in it, or (content None) one that was stepped over."""
        key, self.pending = self.pending, 0
        if not key and depth == 1:
            self.shape = 33 * self.shape + tag & 0xFFFFFF
            place = self.place(depth, ordinal)
            key = self.names[place] if place >= 0 else 0
        elif not key:
            key = _FOREIGN
        self.last = None
        scale, unit = self.sent or (_SCALE, _NO_UNIT)
        self.sent = None
        if key >= _SCALER or self.n >= self.most:
            return
        form = 0 if content is None else _form(tag)
        kind = _NUMBER if tag in (_BOOLEAN, _ENUM) and key & 0xFFFF00 == _SWITCH else form >> 4 & 3
        number = 0
        if kind == _NUMBER:
            number = int.from_bytes(content, "big")
            if form & content[0] & 0x80:
                number -= 1 << 8 * len(content)
            # The viper loop gives up larger magnitudes before it adds the last byte.
            if abs(number + (number < 0)) >> 8 >> 24 > 0x3FFFFF:
                kind = 0
        elif form & 0x80:
            kind = _FLOAT
            self.floats += 1
        if not kind and key:
            return
        if kind & 1 and unit == _NO_UNIT:
            self.last = self.n
        store(self.rows, self.n, key, at, len(content or b""), number if kind else 0, scale, unit, kind)
        self.n += 1


def store(rows, n, key, offset, length, number, scale, unit, kind):
    """Write row n (see `walk_fast.py`)."""
    low, high = abs(number) & 0xFFFFFF, abs(number) >> 24
    row = key, offset, length, low, high, scale, unit, kind | (_NEGATIVE if number < 0 else 0)
    for i, word in enumerate(row):
        rows[n * 8 + i] = word


def axdr_walk(buf, start, end, rows, info):
    """Walk one A-XDR value in buf[start:end]; see the twin in `walk_fast.py`."""
    most = info[14]
    walk = _Walk(buf, start, end, rows, most)
    try:
        walk.value(0, 0)
    except _Malformed:
        info[0] = info[1] = info[2] = 0
        info[15] = -1 - walk.p
        return 1
    info[0], info[1], info[2], info[3], info[15] = walk.n, walk.codes, walk.floats, walk.shape, walk.p
    return 0 if walk.p == end and walk.n < most and walk.codes < most else 1
