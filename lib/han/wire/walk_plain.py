"""The twins of `walk_fast.py` in ordinary Python: what CPython runs and what the tests compare with."""
from .tables import SIZES

_NUMBER, _TEXT, _CLOCK, _NEGATIVE = 1, 2, 3, 16
_SCALE, _NO_UNIT, _DEPTH, _FOREIGN = 64, 255, 8, 0x3FFFFFFF
_SIGNED = (0x05, 0x0F, 0x10, 0x14)
_UNITS = {b"w": 27, b"va": 28, b"var": 29, b"wh": 30, b"varh": 32, b"a": 33, b"v": 35}


def _key(code):
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
                self.names.append(_key(ahead[5:]) or _FOREIGN if ahead[12] == 2 else _FOREIGN)
            self.p += 16
            return
        if tag == 2 and size == 2 and len(ahead) >= 9 and ahead[0] == 0 and ahead[7] == 0xFF:
            self.codes += 1
            self.pending = _key(ahead[2:]) if ahead[8] == 2 else _FOREIGN
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
                self.pending = _key(content)
                return
            swapped = self.buf[at:at + 7]
            if tag == 6 and len(swapped) == 7 and swapped[0] == 9 and swapped[6] == 0xFF and swapped[1] < 2:
                self.codes += 1
                self.pending = _key(swapped[1:])
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
        elif size == 12 and tag in (9, 0x19) and content[0] in (7, 8) and 1 <= content[2] <= 12 \
                and 1 <= content[3] <= 31:
            kind = _CLOCK
        if kind == _NUMBER and unit == _NO_UNIT:
            self.last = self.n
        _store(self.rows, self.n, key, at, size, number, scale, unit, kind)
        self.n += 1
        self.units += unit != _NO_UNIT


def _store(rows, n, key, offset, length, number, scale, unit, kind):
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


def _code(head):
    """Key of the OBIS code in front of a parenthesis, 0 where it is none of ours."""
    a, b, parts, number = 1, 0, [], ""
    for character in head + "(":
        if character.isdigit():
            number += character
            if int(number) > 255:
                return 0
            continue
        if not number:
            return 0
        if character == "-":
            a = int(number)
        elif character == ":":
            b = int(number)
        else:
            parts.append(int(number))
        number = ""
    if len(parts) < 3 or a > 1:
        return 0
    key = _key([a, b] + parts[:3])
    return 0 if key == _FOREIGN else key


def _number(text):
    """(digits as an integer, decimals, what is behind them) of the number that text opens with; None: none."""
    digits, decimals, at = "", None, 0
    for at, character in enumerate(text + "\0"):
        if character.isdigit():
            digits += character
            decimals = None if decimals is None else decimals + 1
        elif character in ".," and decimals is None and digits:
            decimals = 0
        else:
            break
    return (int(digits), decimals or 0, text[at:]) if digits else None


def _unit(text):
    """(power of ten, COSEM unit) of what stands behind a number; unit None where it is none of ours."""
    power = 0
    text = text[1:] if text[:1] == "*" else text
    if text[:1] in ("k", "K"):
        power, text = 3, text[1:]
    elif text[:1] == "M":
        power, text = 6, text[1:]
    return power, _UNITS.get(text.encode().lower()) if text else _NO_UNIT


def p1_walk(buf, start, end, rows, most, keys, known):
    """Walk the lines of a P1 telegram; the number of rows written."""
    wanted = set(keys[:known])
    n = 0
    at = start
    text = "".join([chr(byte) for byte in buf[start:end]])
    for line in text.replace("\r", "\n").split("\n"):
        here, at = at, at + len(line) + 1
        head, bracket, rest = line.partition("(")
        key = _code(head) if bracket else 0
        if not key or key not in wanted or n >= most:
            continue
        content = rest.partition(")")[0]
        negative = content[:1] == "-"
        found = _number(content[negative:])
        kind, number, scale, unit = _TEXT, 0, _SCALE, _NO_UNIT
        if found:
            number, decimals, behind = found
            power, sent = _unit(behind)
            scale += power - decimals
            if sent is not None and number >> 24 <= 0x3FFFFFF * 10:
                kind, unit = _NUMBER, sent
        if kind == _TEXT:
            number, scale = 0, _SCALE
        _store(rows, n, key, here + len(head) + 1, len(content), -number if negative else number,
               scale, unit, kind)
        n += 1
    return n
