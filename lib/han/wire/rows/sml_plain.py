"""The twins of `sml_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
from .elements import LIST, Malformed, head, skip

_NUMBER, _TEXT, _NEGATIVE, _STATUS = 1, 2, 16, 32
_SCALE, _NO_UNIT = 64, 255
_SIGNED, _UNSIGNED = 0x50, 0x60
_MAKER, _MAKERS_OWN = 0x1603201, b"\x81\x81\xc7\x82\x03"
_ESCAPE = b"\x1b\x1b\x1b\x1b"


def _opened(buf, at, end, count):
    """Index of the first element of the list at `at`; 0 where there is no list of `count` elements."""
    kind, size, inside = head(buf, at, end)
    return inside if kind == LIST and size == count else 0


def _messages(buf, at, end, wanted):
    """Yields the rows of all messages in buf[at:end]. Malformed."""
    while at < end:
        inside = _opened(buf, at, end, 6)
        at = (yield from _message(buf, inside, end, wanted)) if inside else skip(buf, at, end)


def _message(buf, at, end, wanted):
    for i in range(6):
        inside = _opened(buf, at, end, 2) if i == 3 else 0
        at = (yield from _body(buf, inside, end, wanted)) if inside else skip(buf, at, end)
    return at


def _body(buf, at, end, wanted):
    kind, stop, inside = head(buf, at, end)
    listed = kind == _UNSIGNED and stop - inside < 5 and int.from_bytes(buf[inside:stop], "big") == 0x701
    at = skip(buf, at, end)
    inside = _opened(buf, at, end, 7) if listed else 0
    return (yield from _answer(buf, inside, end, wanted)) if inside else skip(buf, at, end)


def _answer(buf, at, end, wanted):
    for i in range(7):
        kind, size, inside = head(buf, at, end)
        if i == 4 and kind == LIST:
            at = inside
            for _ in range(size):
                inside = _opened(buf, at, end, 7)
                if inside:
                    ends = [inside]
                    for _ in range(7):
                        ends.append(skip(buf, ends[-1], end))
                    at = ends[7]
                    row = _row(buf, [_value(buf, a, end) for a in ends[:7]], wanted)
                    if row:
                        yield row
                else:
                    at = skip(buf, at, end)
        else:
            at = skip(buf, at, end)
    return at


def _value(buf, at, end):
    """(type, content, index of the content) of the element at `at`; the content of a list is b""."""
    kind, stop, inside = head(buf, at, end)
    return kind, b"" if kind == LIST else bytes(buf[inside:stop]), inside


def _key(code):
    a, b, c, d, e, f = code
    if code[:5] == _MAKERS_OWN:
        return _MAKER
    if f != 255 and 0 < c < 96:
        return 0
    if (a, b, d, e) == (1, 2, 8, 0):
        a = 3
    elif a > 1 or b > a:
        return 0
    return a << 24 | c << 16 | d << 8 | e


def _small(element, absent):
    """The number in an element of up to three bytes; `absent` where nothing was sent; None for any other element."""
    kind, content, _ = element
    if not kind and not content:
        return absent
    if kind not in (_SIGNED, _UNSIGNED) or not 0 < len(content) < 4:
        return None
    number = int.from_bytes(content, "big")
    return number - (1 << 8 * len(content)) if kind == _SIGNED and content[0] & 0x80 else number


def _row(buf, entry, wanted):
    """The row of an entry, given its seven elements as of _value(); None where it makes no row."""
    code, status, _, unit, scaler, (kind, content, offset), _ = entry
    key = _key(code[1]) if code[0] == 0 and len(code[1]) == 6 else 0
    unit = _small(unit, _NO_UNIT)
    scale = _small(scaler, 0)
    if not key or key not in wanted or unit is None or not 0 <= unit < 256:
        return None
    if scale is None or not 0 <= scale + _SCALE < 256 or not content:
        return None
    marks = 0
    if status[0] == _UNSIGNED and status[1]:
        marks = _STATUS | (int.from_bytes(status[1], "big") & 0xFFFF) << 8
    number = 0
    if kind == 0:
        marks |= _TEXT
    elif kind in (_SIGNED, _UNSIGNED) and len(content) < 9:
        marks |= _NUMBER
        number = int.from_bytes(content, "big")
        if kind == _SIGNED and content[0] & 0x80:
            number = (1 << 8 * len(content)) - number
            marks |= _NEGATIVE
        if number >> 24 > 0x3FFFFFF:
            return None
    else:
        return None
    return key, offset, len(content), number & 0xFFFFFF, number >> 24, scale + _SCALE, unit, marks


def walk(buf, start, end, rows, most, keys, known):
    """Walk the messages buf[start:end]; see the twin in `sml_fast.py`."""
    n = 0
    try:
        for row in _messages(buf, start, end, set(keys[:known])):
            for i in range(8):
                rows[8 * n + i] = row[i]
            n += 1
            if n == most:
                break
    except Malformed:
        return -1
    return n


def find_escape(buf, start, end):
    """Index of the first 1B 1B 1B 1B in buf[start:end]. If there is none, the index at which to search on later."""
    i = start
    while i + 4 <= end:
        if bytes(buf[i:i + 4]) == _ESCAPE:
            return i
        i += 4 if buf[i + 3] != 0x1B else 1
    return i
