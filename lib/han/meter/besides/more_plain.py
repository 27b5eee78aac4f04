"""The twins of `more_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
from ..obis import LOG, MORE, MORE_UNITS, NOT_SENT, PEAK, TEXTS

_NUMBER, _TEXT, _NEGATIVE, _NO_UNIT = 1, 2, 16, 255
_WATTS, _AMPERES, _HERTZ, _LIMIT, _FACTOR, _COUNT = 27, 33, 44, 252, 253, 254
_ENOUGH, _TOO_MUCH, _FASTEST = 0x3333333, 0x20000000, 100000


def more(buf, rows, special, how, numbers):
    """Read the numbers of which only some meters send any; see the twin in `more_fast.py`."""
    for i, unit in enumerate(MORE_UNITS):
        row = special[MORE - TEXTS + i]
        if row or not how & 1:
            numbers[i] = NOT_SENT
            if unit == _LIMIT:
                numbers[len(MORE_UNITS)] = NOT_SENT
        if not row:
            continue
        _, at, size, low, high, scale, sent, kind = rows[row * 8 - 8:row * 8]
        power = scale - 64
        if kind & 15 == _NUMBER and high < 32:
            number, negative = high << 24 | low, kind & _NEGATIVE
            if unit == _FACTOR and not power:
                power = -2
                if not how & 2:
                    continue
        elif kind & 15 == _TEXT:
            found = _spelled(bytes(buf[at:at + size]), unit == _FACTOR, not i)
            if not found:
                continue
            number, power, negative, sent = found
            negative = negative or kind & _NEGATIVE
        else:
            continue
        if unit == _LIMIT:
            unit = _AMPERES if sent == _AMPERES else _WATTS
        if sent != (_NO_UNIT if unit > _LIMIT else unit) or unit == _COUNT and power:
            continue
        if unit in (_FACTOR, _HERTZ, _AMPERES):
            power += 3
        while power > 0 and number < _ENOUGH:
            number, power = number * 10, power - 1
        if power < 0:
            number = (number // 10 ** (-power - 1) + 5) // 10
        elif power:
            continue
        if number >= _TOO_MUCH or unit == _FACTOR and number > 1000 or negative and number and unit != _FACTOR:
            continue
        if unit == _HERTZ and number > _FASTEST:
            continue
        limit = MORE_UNITS[i] == _LIMIT and unit == _AMPERES
        numbers[len(MORE_UNITS) if limit else i] = -number if negative else number


def _spelled(text, signed, tariff):
    """(number, power of ten, negative, unit) of a text; None where it is no number, or a negative one not `signed`."""
    number, digits, power, point, unit = 0, 0, 0, False, _NO_UNIT
    negative = signed and text[:1] == b"-"
    if negative or tariff and text[:1] == b"T":
        text = text[1:]
    kilo = 3 if text[-4:] == b"*kHz" else 0
    if kilo or text[-3:] == b"*Hz":
        text, unit = text[:-3 - kilo // 3], _HERTZ
    for byte in text:
        if 0x30 <= byte <= 0x39 and number < _ENOUGH:
            number, digits, power = number * 10 + byte - 0x30, digits + 1, power - point
        elif byte in b".," and digits and not point:
            point = True
        else:
            return None
    return (number, power + kilo, negative, unit) if digits and not (point and not power) else None


def unchanged(buf, rows, special, end, sizes, log, message, code, time):
    """1 where the telegram says the same as the last four parameters; see the twin in `more_fast.py`."""
    for slot, known in enumerate((log, message, code, time)):
        row = special[(PEAK if slot == 3 else LOG + slot) - TEXTS]
        if not row:
            if sizes[slot] and slot and end:
                return 0
            continue
        at, size = rows[row * 8 - 7], rows[row * 8 - 6]
        if slot == 3:
            at, size = at - 2, 0
            if end and buf[at] == 0x29:
                size = 13 if buf[at - 14] == 0x28 else 12 if buf[at - 13] == 0x28 else 0
            at -= size
        elif end and not slot:
            size = 0
            while at + size < end and buf[at + size] not in b"\r\n":
                size += 1
        if size != sizes[slot] or bytes(buf[at:at + size]) != bytes(known[:size]):
            return 0
    return 1
