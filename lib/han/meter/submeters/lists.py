"""Values of sub-meters in a DLMS list (M-Bus channels, IEC 62056-6-1 clause 5.4), as the lines that P1 has for them.

Imported with the first list that has any. A list may say of a channel n, by codes or by the names of a push list:

    0-n:24.1.0, attribute 9   device type, a number
    0-n:96.1.0                its number, octets
    0-n:24.2.1                value, with scaler and unit or without; attribute 5: its time
"""
_OTHERS = 5  # A of the key of channel 1, see `wire/rows/walk_fast.py`
_TIME = 0x80  # in D: it is the time of the value
_NUMBER, _TEXT, _NEGATIVE = 1, 2, 16
_VALUE, _DEVICE, _SWITCH = 24, 96, 3  # C, C, D
# COSEM units of volumes and energies.
_UNITS = {13: "m3", 14: "m3", 19: "l", 25: "J", 30: "Wh", 255: ""}
_DATE_TIME = 12


def region(rows, n):
    """(index, length) of the part of the buffer that has all values of sub-meters."""
    first = last = 0
    for row in range(0, 8 * n, 8):
        if rows[row] >> 24 >= _OTHERS:
            first = first or rows[row + 1]
            last = rows[row + 1] + rows[row + 2]
    return first, last - first


def lines(buf, rows, n):
    """The lines of n rows, bytes. A value with a unit that no counter has is left out."""
    from ..registers.value import scaled

    times = {}
    for row in range(0, 8 * n, 8):
        if rows[row] >> 24 >= _OTHERS and rows[row] >> 8 & _TIME and rows[row + 2] == _DATE_TIME:
            times[rows[row] ^ _TIME << 8] = _time(buf, rows[row + 1])
    said = b""
    for row in range(0, 8 * n, 8):
        key, at, size, low, high, scale, unit, kind = rows[row : row + 8]
        a, c, d, e = key >> 24, key >> 16 & 0xFF, key >> 8 & 0xFF, key & 0xFF
        if a < _OTHERS or d & _TIME or c == _DEVICE and d == _SWITCH:
            continue
        if c == _DEVICE:
            content = "".join(["%02X" % byte for byte in bytes(buf[at : at + size]).rstrip(b"\0 ")])
        elif kind & ~_NEGATIVE == _NUMBER:
            if unit not in _UNITS:
                continue
            content = scaled(high << 24 | low, scale - 64)
            if kind & _NEGATIVE:
                content = "-" + content
            if _UNITS[unit]:
                content += "*" + _UNITS[unit]
            if key in times:
                content = times[key] + ")(" + content
        else:
            continue
        said += b"0-%d:%d.%d.%d(%s)\n" % (a - _OTHERS + 1, c, d, e, content.encode())
    return said


def _time(buf, at):
    """A date-time of 12 bytes (IEC 62056-6-2 clause 4.1.6.1) as P1 has it: YYMMDDhhmmss and S, W or nothing."""
    year = (buf[at] << 8 | buf[at + 1]) % 100
    season = "" if buf[at + 11] == 0xFF else "S" if buf[at + 11] & 0x80 else "W"
    parts = year, buf[at + 2], buf[at + 3], buf[at + 5], buf[at + 6], buf[at + 7]
    return "".join(["%02d" % (part % 100) for part in parts]) + season
