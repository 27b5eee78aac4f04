"""SML, the Smart Message Language of German meters (BSI TR-03109-1 annex IV, transport version 1).

    1B 1B 1B 1B 01 01 01 01 | messages, padded to words | 1B 1B 1B 1B 1A | padding count | CRC 2

An escape sequence inside the messages is sent twice. The CRC is that of HDLC, over all before it.
"""
from .loops import crc_x25, find_escape, move

_MORE, _NONE, _WRONG = 0, -1, -2
_NUMBER, _TEXT, _NEGATIVE = 1, 2, 16
_SCALE, _NO_UNIT = 64, 255
_DEEPEST = 12


class Checker:
    """Looks for the end of one SML telegram at a time; `resume` is where the search goes on."""

    def __init__(self):
        self.resume = 0
        self.escapes = 0  # escape sequences inside

    def open(self, start):
        """A telegram opens at index start."""
        self.resume = start + 8
        self.escapes = 0

    def check(self, buf, start, end):
        """Same answers as `hdlc.check`."""
        while True:
            at = find_escape(buf, self.resume, end)
            self.resume = at
            if at + 8 > end:
                return -max(at + 8, end + 1)
            if buf[at + 4] == 0x1A:
                crc = crc_x25(buf, start, at + 6)
                return at + 8 if crc == buf[at + 6] | buf[at + 7] << 8 else _WRONG
            if buf[at + 4] != 0x1B or buf[at + 5] != 0x1B:
                return _WRONG
            self.escapes += 1
            self.resume = at + 8


def content(buf, start, end):
    """(start, end) of the messages of the checked telegram buf[start:end], escapes undone in place."""
    last = end - 8
    at = start + 8
    while True:
        at = find_escape(buf, at, last)
        if at + 8 > last:
            return start + 8, last - buf[end - 3]
        move(buf, at + 4, at + 8, last)
        at += 4
        last -= 4


def skip(buf, at, end, depth):
    """Index behind the element at `at`, -1 where it is malformed."""
    if depth > _DEEPEST or at >= end:
        return -1
    tag = buf[at]
    size = tag & 0x0F
    head = 1
    while tag & 0x80:
        if at + head >= end or head > 2:
            return -1
        tag = tag & 0x70 | buf[at + head] & 0x80
        size = size << 4 | buf[at + head] & 0x0F
        head += 1
    if tag & 0x70 == 0x70:
        at += head
        for _ in range(size):
            at = skip(buf, at, end, depth + 1)
            if at < 0:
                return -1
        return at
    at += max(size, head)
    return at if at <= end else -1


def _integer(buf, at):
    """Value of the integer element at `at`, None where it is optional or no integer."""
    kind = buf[at] & 0xF0
    size = (buf[at] & 0x0F) - 1
    if kind not in (0x50, 0x60) or not 1 <= size <= 8:
        return None
    value = int.from_bytes(memoryview(buf)[at + 1:at + 1 + size], "big")
    if kind == 0x50 and buf[at + 1] & 0x80:
        value -= 1 << 8 * size
    return value


def walk(buf, start, end, rows, most):
    """Rows (see `walk_fast.py`) of all list entries in the messages buf[start:end]; -1: malformed.

    An entry is a list of 7: OBIS code, status, time, unit, scaler, value, signature.
    """
    n = 0
    at = start
    while at < end:
        if buf[at] == 0x77 and at + 8 < end and buf[at + 1] == 0x07:
            parts = [at + 1]
            for _ in range(6):
                parts.append(skip(buf, parts[-1], end, 0))
                if parts[-1] < 0:
                    return -1
            last = skip(buf, parts[6], end, 0)
            if last < 0:
                return -1
            if n < most and _row(buf, parts, rows, n):
                n += 1
            at = last
        elif buf[at] & 0x70 == 0x70:
            while buf[at] & 0x80 and at + 1 < end:
                at += 1
            at += 1  # into other lists
        elif buf[at] == 0:
            at += 1  # end of a message
        else:
            at = skip(buf, at, end, 0)
            if at < 0:
                return -1
    return n


def _row(buf, parts, rows, n):
    code = parts[0] + 1
    if buf[code] > 1 or buf[code + 1] > buf[code]:
        return False
    value = parts[5]
    size = buf[value] & 0x0F
    number = _integer(buf, value)
    text = number is None
    if text and (buf[value] & 0xF0 or size < 2):
        return False  # neither an integer nor a short octet string
    unit = _integer(buf, parts[3])
    scaler = _integer(buf, parts[4]) or 0
    number = number or 0
    size_of = abs(number)
    if size_of >> 24 > 0x3FFFFFF or abs(scaler) > 99 or unit is not None and not 0 <= unit < _NO_UNIT:
        return False
    row = (buf[code] << 24 | buf[code + 2] << 16 | buf[code + 3] << 8 | buf[code + 4], value + 1, size - 1,
           size_of & 0xFFFFFF, size_of >> 24, _SCALE + scaler, _NO_UNIT if unit is None else unit,
           _TEXT if text else _NUMBER | (_NEGATIVE if number < 0 else 0))
    for i in range(8):
        rows[8 * n + i] = row[i]
    return True
