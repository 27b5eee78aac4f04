"""The twins of `said_fast.py` in ordinary Python. CPython runs them, and tests compare both."""
from .obis import CLOCK, DEVICE_NAME, MANUFACTURER, METER_ID, METER_TYPE, NAME, P1_IDENT, SLOTS, TEXTS

_TEXT = 2
_DATE_TIME = 12
_OPENING = 8
_CODED = 0x7FFF
_LONGEST = 64


def padless(raw):
    """A text without padding at its end. One that begins with a control character is a binary number: it has none."""
    return raw[:_LONGEST] if raw and 0 < raw[0] < 0x20 else raw.rstrip(b"\0 ")[:_LONGEST]


def heard(reading, buf, rows, source):
    """Mark the texts as said that are known already; see the twin in `said_fast.py`."""
    while source < len(SLOTS):
        row = 8 * reading.special[source]
        raw = padless(bytes(buf[rows[row - 7]:rows[row - 7] + rows[row - 6]])) if row else b""
        slots = [] if reading.said[SLOTS[source]] else [SLOTS[source]]
        if source == DEVICE_NAME - TEXTS:
            slots.append(NAME)
        for slot in slots:
            if raw and raw != reading.texts[slot]:
                return source
            if raw:
                reading.said[slot] = 1
        source += 1
    return source


def date_time(buf, at, when):
    """Read the date-time of 12 bytes at buf[at]; see the twin in `said_fast.py`."""
    year, month, day = buf[at] << 8 | buf[at + 1], buf[at + 2], buf[at + 3]
    hour, minute, second = buf[at + 5:at + 8]
    if not (1970 <= year < 2100 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61):
        return 0
    days = day - 1
    for y in range(min(year, 2020), max(year, 2020)):
        days += (365 + _leap(y)) * (1 if year > 2020 else -1)
    for m in range(1, month):
        days += 28 + _leap(year) if m == 2 else 30 if m in (4, 6, 9, 11) else 31
    deviation = buf[at + 9] << 8 | buf[at + 10]
    when[0], when[1] = days, hour * 3600 + minute * 60 + second
    when[2], when[3] = deviation - (deviation >> 15 << 16), buf[at + 11]
    return 1


def six(buf, at, length):
    """The number of six digits at buf[at], maybe with signs between them; see the twin in `said_fast.py`."""
    text = bytes(buf[at:at + length])
    if length == 8 and text[2] == text[5] and text[2] in b":-./":
        text = text[:2] + text[3:5] + text[6:]
    return int(text) if len(text) == 6 and text.isdigit() else -1


def moment(date, time, when):
    """Put a moment into `when`; see the twin in `said_fast.py`."""
    if date < 0 or time < 0:
        return 0
    year = 2000 + date // 10000
    raw = bytearray((year >> 8, year & 0xFF, date // 100 % 100, date % 100, 0, time // 10000, time // 100 % 100,
                     time % 100, 0, 0x80, 0, 0xFF))  # fmt: skip
    return date_time(raw, 0, when)


def p1_time(buf, at, length, when):
    """Read YYMMDDhhmmss, with or without S or W, at buf[at]; see the twin in `said_fast.py`."""
    if length not in (12, 13) or not moment(six(buf, at, 6), six(buf, at + 6, 6), when):
        return 0
    when[3] = {b"S": 0x80, b"W": 0}.get(bytes(buf[at + 12:at + length]), 0xFF)
    return 1


def p1_said(reading, buf, at, rows):
    """What a P1 telegram says besides values; see the twin in `said_fast.py`."""
    stop = at[2]
    while stop < at[1] and buf[stop] not in b"\r\n":
        stop += 1
    line = bytes(buf[at[2]:stop])
    known = [reading.texts[slot] for slot in (P1_IDENT, METER_TYPE, MANUFACTURER)]
    new = len(line) < 5 or known != [line, line[4:], line[1:4]]
    if not new:
        for slot in (P1_IDENT, METER_TYPE, MANUFACTURER):
            reading.said[slot] = 1
    clock, time, date = [8 * reading.special[CLOCK - TEXTS + i] for i in range(3)]
    reading.no_clock()
    if clock:
        p1_time(buf, rows[clock - 7], rows[clock - 6], reading.when)
    elif time and date:
        first, size = rows[date - 7], rows[date - 6]
        century = bytes(buf[first:first + 4])
        if size in (8, 10) and century[:2] == b"20" and century.isdigit():
            first, size = first + 2, size - 2
        moment(six(buf, first, size), six(buf, rows[time - 7], rows[time - 6]), reading.when)
    return stop << 1 | new


def _leap(year):
    return year % 4 == 0  # also 2000, and 2100 is out of range


def rest(reading, buf, at, rows, info):
    """What a list of n rows has besides values; see the twin in `said_fast.py`."""
    n = info[0]
    row = 8 * reading.special[CLOCK - TEXTS]
    found = 0
    if row and rows[row - 6] == _DATE_TIME:
        found = date_time(buf, rows[row - 7], reading.when)
    if not found and at[0] - _DATE_TIME > at[2]:
        found = date_time(buf, at[0] - _DATE_TIME, reading.when)
    if not found:
        reading.no_clock()
    if n > 1 and rows[8 * n - 1] == _TEXT and not rows[8 * n - 8] and not reading.said[METER_ID]:
        raw = bytes(buf[rows[8 * n - 7]:rows[8 * n - 7] + rows[8 * n - 6]])
        if not raw or raw != reading.texts[METER_ID] or len(raw) == _DATE_TIME and raw[0] <= 8:
            return 1
        reading.said[METER_ID] = 1
    return 0


def alike(buf, rows, info, mark):
    """1 where a list is of the kind with this mark; see the twin in `said_fast.py`."""
    if mark[0] != (_CODED if info[1] else info[0]) or not info[1] and mark[1] != info[3]:
        return 0
    first = b""
    if info[0] and rows[7] == _TEXT and (rows[2] != _DATE_TIME or buf[rows[1]] > 8):
        first = bytes(buf[rows[1]:rows[1] + min(rows[2], _OPENING)])
    return int(list(first) == list(mark[3:3 + mark[2]]))
