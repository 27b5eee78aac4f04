"""The twin of `sml_fast.py` in ordinary Python: what CPython runs and what the tests compare with."""

_NUMBER, _TEXT, _NEGATIVE = 1, 2, 16
_SCALE, _NO_UNIT, _OPTIONAL = 64, 255, b"\x01"
_ESCAPE = b"\x1b\x1b\x1b\x1b"


def _head(buf, at, end):
    """(size, index behind the tag and the length) of the element at `at`; None where it is malformed."""
    size = 0
    for head in range(at, min(at + 3, end)):
        size = size << 4 | buf[head] & 0x0F
        if not buf[head] & 0x80:
            return size, head + 1
    return None


def _skip(buf, at, end):
    """Index behind the element at `at` with all that is in it, -1 where it is malformed."""
    need = 1
    while need:
        found = _head(buf, at, end)
        if not found:
            return -1
        need -= 1
        if buf[at] & 0x70 == 0x70:
            need += found[0]
            at = found[1]
        else:
            at = max(at + found[0], found[1])
            if at > end:
                return -1
    return at


def walk(buf, start, end, rows, most):
    """Rows of all list entries in the messages buf[start:end]; -1: malformed."""
    n = 0
    at = start
    while at < end and n < most:
        if buf[at] == 0x77 and at + 8 < end and buf[at + 1] == 7:
            parts = [at + 1]
            for _ in range(7):
                parts.append(_skip(buf, parts[-1], end))
                if parts[-1] < 0:
                    return -1
            row = _row([bytes(buf[a:b]) for a, b in zip(parts, parts[1:])], parts[5] + 1)
            if row:
                for i in range(8):
                    rows[8 * n + i] = row[i]
                n += 1
            at = parts[7]
        elif buf[at] & 0x70 == 0x70 and _head(buf, at, end):
            at = _head(buf, at, end)[1]  # into other lists
        else:
            at = _skip(buf, at, end)
            if at < 0:
                return -1
    return n


def _row(entry, offset):
    """The row of an entry's seven elements; None where it makes none."""
    code, _, _, unit, scaler, value, _ = entry
    a, b, c, d, e = code[1:6]
    key = a << 24 | c << 16 | d << 8 | e
    if a > 1 or b > a or not key:
        return None
    if unit != _OPTIONAL and unit[0] != 0x62 or scaler != _OPTIONAL and scaler[0] != 0x52:
        return None
    scale = _SCALE if scaler == _OPTIONAL else _SCALE + (scaler[1] ^ 0x80) - 0x80
    kind, number = _NUMBER, 0
    if 0x52 <= value[0] <= 0x59 or 0x62 <= value[0] <= 0x69:
        number = int.from_bytes(value[1:], "big")
        if value[0] < 0x60 and value[1] & 0x80:
            number = (1 << 8 * len(value) - 8) - number
            kind |= _NEGATIVE
    elif 1 < value[0] < 0x10:
        kind = _TEXT
    else:
        return None
    if number >> 24 > 0x3FFFFFF:
        return None
    return (key, offset, len(value) - 1, number & 0xFFFFFF, number >> 24, scale,
            _NO_UNIT if unit == _OPTIONAL else unit[1], kind)


def find_escape(buf, start, end):
    """Index of the first 1B 1B 1B 1B in buf[start:end]; where to go on where there is none yet."""
    i = start
    while i + 4 <= end:
        if bytes(buf[i:i + 4]) == _ESCAPE:
            return i
        i += 4 if buf[i + 3] != 0x1B else 1
    return i
