"""What a telegram says besides numbers, texts and clocks, as viper code. `said_plain.py` has the twins."""
import micropython
from micropython import const

from .obis import SLOTS

_TEXT = const(2)
_DATE_TIME = const(12)
_OPENING = const(8)
_CODED = const(0x7FFF)
_NAMED = const(8)
_DEVICE = const(3)
_NAME = const(5)
_CLOCK = const(8)
_LONGEST = const(64)
_TYPE = const(1)  # slots of texts
_MAKER = const(2)
_IDENT = const(4)


@micropython.viper
def heard(reading, buf: ptr8, rows: ptr32, source: int) -> int:
    """Mark the texts as said that a telegram has in `special`, from number `source` on, and that are known already.

    Returns the number of the first one whose text is new, 8 where there is none.
    """
    special = ptr8(reading.special)
    said = ptr8(reading.said)
    texts = reading.texts
    slots = ptr8(SLOTS)
    while source < _NAMED:
        k = special[source]
        slot = slots[source]
        if k and said[slot]:
            # Of several codes for one slot, the first one counts. A device name has a slot of its own besides.
            slot = _NAME
            if source != _DEVICE:
                k = 0
        while k:
            row = ptr32(int(rows) + (k << 5) - 32)
            p = ptr8(int(buf) + row[1])
            size = row[2]
            if not p[0] or p[0] >= 0x20:
                while size and (p[size - 1] == 0 or p[size - 1] == 0x20):
                    size -= 1
            if size > _LONGEST:
                size = _LONGEST
            if size:
                known = texts[slot]
                if int(len(known)) != size:
                    return source
                q = ptr8(known)
                while size:
                    size -= 1
                    if p[size] != q[size]:
                        return source
                said[slot] = 1
            if source != _DEVICE or slot == _NAME:
                k = 0
            slot = _NAME
        source += 1
    return source


@micropython.viper
def ident(reading, buf: ptr8, start: int, end: int) -> int:
    """Mark the three texts of P1's ident line at buf[start] as said, where all are known already: maker, type, and all.

    Returns the index of its end, a CR or LF; minus that where one of them is new.
    """
    texts = reading.texts
    buf = ptr8(int(buf) + start)
    n = 0
    end -= start
    while n < end and buf[n] != 0x0D and buf[n] != 0x0A:
        n += 1
    end = start + n
    known = texts[_IDENT]
    kind = texts[_TYPE]
    maker = texts[_MAKER]
    if int(len(known)) != n or int(len(kind)) != n - 4 or int(len(maker)) != 3:
        return 0 - end
    p = ptr8(known)
    q = ptr8(kind)
    start = 4
    while start < n:
        if buf[start] != p[start] or buf[start] != q[start - 4]:
            return 0 - end
        start += 1
    q = ptr8(maker)
    start = 0
    while start < 3:
        if buf[start + 1] != q[start] or buf[start + 1] != p[start + 1]:
            return 0 - end
        start += 1
    said = ptr8(reading.said)
    said[_IDENT] = 1
    said[_TYPE] = 1
    said[_MAKER] = 1
    return end


@micropython.viper
def days(year: int, month: int, day: int) -> int:
    """Days from 2020-01-01 to a date from 1970 on."""
    # Years are counted from March, so that the leap day is a year's last day.
    if month < 3:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 737731


@micropython.viper
def p1_time(p: ptr8, at: int, length: int, when: ptr32) -> int:
    """Read YYMMDDhhmmss, with or without S or W (DSMR 5.0.2 clause 6.4, tag TST), at p[at]. 1, or 0 if it is invalid.

    when   as of date_time()
    """
    if length != 12 and length != 13:
        return 0
    p = ptr8(int(p) + at)
    n = 0
    at = 0
    while n < 12:
        k = p[n] - 0x30
        if k < 0 or k > 9:
            return 0
        at = 10 * at + k
        n += 1
        if n == 6:
            when[0] = at
            at = 0
    k = when[0]
    date = k // 100 % 100
    if date < 1 or date > 12 or k % 100 < 1 or k % 100 > 31 or at >= 240000 or at // 100 % 100 > 59 or at % 100 > 60:
        return 0
    when[0] = int(days(2000 + k // 10000, date, k % 100))
    when[1] = at // 10000 * 3600 + at // 100 % 100 * 60 + at % 100
    when[2] = -0x8000
    k = 0xFF
    if length == 13:
        if p[12] == 0x53:
            k = 0x80
        elif p[12] == 0x57:
            k = 0
    when[3] = k
    return 1


@micropython.viper
def date_time(buf: ptr8, at: int, when: ptr32) -> int:
    """Read the date-time of 12 bytes (IEC 62056-62 clause 4.1.6.1) at buf[at]. 1, or 0 where it is not specified.

    when   result: days since 2020-01-01, seconds of the day, deviation in minutes (-32768: not specified), status
    """
    p = ptr8(int(buf) + at)
    year = p[0] << 8 | p[1]
    month = p[2]
    if year < 1970 or year >= 2100 or month < 1 or month > 12 or p[3] < 1 or p[3] > 31:
        return 0
    if p[5] > 23 or p[6] > 59 or p[7] > 60:
        return 0
    when[0] = int(days(year, month, p[3]))
    when[1] = p[5] * 3600 + p[6] * 60 + p[7]
    at = p[9] << 8 | p[10]
    when[2] = at - (at >> 15 << 16)
    when[3] = p[11]
    return 1


@micropython.viper
def rest(reading, layers, rows: ptr32, n: int) -> int:
    """What a list of n rows has besides values. layers: with the list, see `wire/unwrap.py`.

    Returns 1 where it has a date-time, which is put into `when` (a clock among the values was read together with
    them; the date-time of the header may be older), + 2 where it ends with a text without a code, the meter's number,
    which is not the known one.
    """
    buf = ptr8(layers.buf)
    at = ptr32(layers.at)
    found = 0
    k = ptr8(reading.special)[_CLOCK]
    if k:
        row = ptr32(int(rows) + (k << 5) - 32)
        if row[2] == _DATE_TIME:
            found = int(date_time(int(buf), row[1], reading.when))
    if not found:
        k = at[0] - _DATE_TIME
        if k > at[2]:
            found = int(date_time(int(buf), k, reading.when))
    if n > 1:
        row = ptr32(int(rows) + (n << 5) - 32)
        said = ptr8(reading.said)
        if not row[0] and row[7] == _TEXT and not said[0]:
            known = reading.texts[0]
            size = row[2]
            k = 1
            buf = ptr8(int(buf) + row[1])
            if size and size == int(len(known)) and (size != _DATE_TIME or buf[0] > 8):
                q = ptr8(known)
                while size and buf[size - 1] == q[size - 1]:
                    size -= 1
                k = size
            if k:
                found += 2
            else:
                said[0] = 1
    return found


@micropython.viper
def alike(buf: ptr8, rows: ptr32, info: ptr32, mark: ptr32, text: ptr8) -> int:
    """1 where the list that axdr_walk() has walked into rows and info is of the kind with this mark and text, else 0.

    mark   number of rows (0x7FFF: lists with codes, of any number), hash of the types, length of text
    text   the opening of the list's first text
    """
    n = info[0]
    if info[1]:
        if mark[0] != _CODED:
            return 0
    elif mark[0] != n or mark[1] != info[3]:
        return 0
    size = 0
    if n and rows[7] == _TEXT and (rows[2] != _DATE_TIME or buf[rows[1]] > 8):
        size = rows[2]
        if size > _OPENING:
            size = _OPENING
    if size != mark[2]:
        return 0
    buf = ptr8(int(buf) + rows[1])
    while size:
        size -= 1
        if buf[size] != text[size]:
            return 0
    return 1
