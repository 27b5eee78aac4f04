"""A strict JSON parser (RFC 8259), the same on both interpreters. Imported when needed.

MicroPython's own parser accepts missing commas and bytes that are not UTF-8, makes two characters of
an escaped surrogate pair, and its floats have 24 bits. Here a number with a fraction or an exponent
becomes a Real, which is exact.
"""
from .utf8 import text

_DEEPEST = 8  # containers inside each other
# Number of values in all. Each takes memory, even one of two bytes in a list.
_MOST = 400
_LONGEST_NUMBER = 24
_ESCAPES = {98: 8, 102: 12, 110: 10, 114: 13, 116: 9, 34: 34, 47: 47, 92: 92}
_WORDS = ((b"true", True), (b"false", False), (b"null", None))


class Real:
    """A number with a fraction or an exponent: digits * 10**exponent, both integers."""

    def __init__(self, digits, exponent):
        self._digits = digits
        self._exponent = exponent

    def scaled(self, places):
        """The number times 10**places, as the nearest integer."""
        shift = self._exponent + places
        if shift >= 0:
            return self._digits * 10**shift
        unit = 10**-shift
        number = (abs(self._digits) * 2 + unit) // (2 * unit)
        return -number if self._digits < 0 else number


class Parser:
    """Parses bytes: `Parser(data).parse()`. ValueError says at which byte they are not JSON, or too much."""

    def __init__(self, data):
        self._data = data
        self._at = 0
        self._left = _MOST

    def parse(self):
        """The value of the whole text: dict, list, str, int, Real, True, False or None. ValueError."""
        value = self._value(0)
        if self._next() is not None:
            self._wrong()
        return value

    def _wrong(self, what="not JSON"):
        raise ValueError("%s at byte %d" % (what, self._at))

    def _next(self):
        """Skip white space. The byte that is there then, None at the end."""
        data = self._data
        while self._at < len(data):
            byte = data[self._at]
            if byte not in b" \t\r\n":
                return byte
            self._at += 1
        return None

    def _here(self):
        return self._data[self._at] if self._at < len(self._data) else 0

    def _take(self, byte):
        if self._next() != byte:
            return False
        self._at += 1
        return True

    def _value(self, depth):
        self._left -= 1
        if self._left < 0:
            self._wrong("too many values")
        byte = self._next()
        if byte == 0x22:
            return self._string()
        if byte == 0x7B or byte == 0x5B:
            if depth == _DEEPEST:
                self._wrong("too deep")
            self._at += 1
            return self._object(depth + 1) if byte == 0x7B else self._list(depth + 1)
        if byte is not None and byte in b"-0123456789":
            return self._number()
        for word, value in _WORDS:
            if self._data[self._at : self._at + len(word)] == word:
                self._at += len(word)
                return value
        return self._wrong()

    def _object(self, depth):
        found = {}
        if self._take(0x7D):
            return found
        while True:
            if self._next() != 0x22:
                self._wrong()
            key = self._string()
            if key in found:
                self._wrong("second %s" % key[:16])
            if not self._take(0x3A):
                self._wrong()
            found[key] = self._value(depth)
            if self._take(0x7D):
                return found
            if not self._take(0x2C):
                self._wrong()

    def _list(self, depth):
        found = []
        if self._take(0x5D):
            return found
        while True:
            found.append(self._value(depth))
            if self._take(0x5D):
                return found
            if not self._take(0x2C):
                self._wrong()

    def _digits(self):
        start = self._at
        data = self._data
        while self._at < len(data) and 0x30 <= data[self._at] <= 0x39:
            self._at += 1
        if self._at == start:
            self._wrong()
        return data[start : self._at].decode()

    def _number(self):
        start = self._at
        minus = self._here() == 0x2D
        self._at += minus
        digits = self._digits()
        if digits[0] == "0" and len(digits) > 1:
            self._wrong()
        real = False
        exponent = 0
        if self._here() == 0x2E:
            self._at += 1
            fraction = self._digits()
            digits += fraction
            exponent = -len(fraction)
            real = True
        if self._here() in b"eE":
            self._at += 1
            sign = self._here()
            self._at += sign in b"+-"
            power = self._digits()
            if len(power) > 2:
                self._wrong("number too long")
            exponent += -int(power) if sign == 0x2D else int(power)
            real = True
        if self._at - start > _LONGEST_NUMBER:
            self._wrong("number too long")
        number = -int(digits) if minus else int(digits)
        return Real(number, exponent) if real else number

    def _string(self):
        data = self._data
        self._at += 1
        out = bytearray()
        while True:
            start = self._at
            while self._at < len(data) and data[self._at] >= 0x20 and data[self._at] not in b'"\\':
                self._at += 1
            out += data[start : self._at]
            if self._at >= len(data) or data[self._at] < 0x20:
                self._wrong()
            self._at += 1
            if data[self._at - 1] == 0x22:
                found = text(out)
                return self._wrong("a text that is not UTF-8") if found is None else found
            self._escape(out)

    def _escape(self, out):
        data = self._data
        byte = self._here()
        self._at += 1
        if byte != 0x75:
            if byte not in _ESCAPES:
                self._wrong()
            out.append(_ESCAPES[byte])
            return
        code = self._unit()
        if 0xD800 <= code < 0xDC00 and data[self._at : self._at + 2] == b"\\u":
            self._at += 2
            low = self._unit()
            if not 0xDC00 <= low < 0xE000:
                self._wrong()
            code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF)
        elif 0xD800 <= code < 0xE000:
            self._wrong()
        out += chr(code).encode()

    def _unit(self):
        digits = self._data[self._at : self._at + 4]
        if len(digits) < 4 or digits.lower().strip(b"0123456789abcdef"):
            self._wrong()
        self._at += 4
        return int(digits.decode(), 16)
