"""What a telegram says besides numbers, texts and clocks, as viper code. `said_plain.py` has the twins."""
import micropython
from micropython import const

_TEXT = const(2)
_DATE_TIME = const(12)
_OPENING = const(8)
_CODED = const(0x7FFF)
_NAMED = const(8)
_SLOTS = const(0x23100000)  # obis.SLOTS, 4 bits each
_SPECIAL = const(56)  # where `special` and `said` begin in `present`, as in reading.py
_SAID = const(108)
_NO_CLOCK = const(-1)
_UNSPECIFIED = const(-0x8000)
_NO_STATUS = const(0xFF)
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
    special = ptr8(reading.present)
    said = ptr8(int(special) + _SAID)
    special = ptr8(int(special) + _SPECIAL)
    texts = reading.texts
    while source < _NAMED:
        k = special[source]
        slot = _SLOTS >> (source << 2) & 15
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
def days(year: int, month: int, day: int) -> int:
    """Days from 2020-01-01 to a date from 1970 on."""
    # Years are counted from March, so that the leap day is a year's last day.
    if month < 3:
        year -= 1
        month += 12
    return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 737731


@micropython.viper
def six(buf: ptr8, at: int, length: int) -> int:
    """The number of six digits at buf[at]; between pairs of them may be one of :-./ each. -1 where it is none."""
    buf = ptr8(int(buf) + at)
    at = 2
    if length == 8:
        at = 3
        k = buf[2]
        if k != buf[5] or k < 0x2D or k > 0x2F and k != 0x3A:
            return -1
    elif length != 6:
        return -1
    length = 0
    n = 3
    while n:
        i = buf[0] - 0x30
        k = buf[1] - 0x30
        if i < 0 or i > 9 or k < 0 or k > 9:
            return -1
        length = 100 * length + 10 * i + k
        buf = ptr8(int(buf) + at)
        n -= 1
    return length


@micropython.viper
def moment(date: int, time: int, when: ptr32) -> int:
    """Put a moment into `when`, as of date_time(). 1, or 0 if it is invalid. date: YYMMDD, time: hhmmss."""
    month = date // 100 % 100
    day = date % 100
    if date < 0 or month < 1 or month > 12 or day < 1 or day > 31:
        return 0
    if time < 0 or time >= 240000 or time // 100 % 100 > 59 or time % 100 > 60:
        return 0
    when[0] = int(days(2000 + date // 10000, month, day))
    when[1] = time // 10000 * 3600 + time // 100 % 100 * 60 + time % 100
    when[2] = _UNSPECIFIED
    when[3] = _NO_STATUS
    return 1


@micropython.viper
def p1_time(buf, at: int, length: int, when: ptr32) -> int:
    """Read YYMMDDhhmmss, with or without S or W (DSMR 5.0.2 clause 6.4, tag TST), at buf[at]. 1, or 0 if it is invalid.

    when   as of date_time()
    """
    if length != 12 and length != 13:
        return 0
    if not int(moment(int(six(buf, at, 6)), int(six(buf, at + 6, 6)), int(when))):
        return 0
    if length == 13:
        at = ptr8(buf)[at + 12]
        if at == 0x53:
            when[3] = 0x80
        elif at == 0x57:
            when[3] = 0
    return 1


@micropython.viper
def p1_said(reading, buf, at: ptr32, rows: ptr32) -> int:
    """What a P1 telegram says besides values. at: as in `wire/layers/unwrap.py`; its ident line is buf[at[2]:].

    The clock is put into `when`, also where there is none. Returns twice the index of the end of the ident line, a CR
    or LF. + 1 where a text of the ident line is new; else all three, maker, type, and all of it, are marked as said.
    """
    p = ptr8(int(ptr8(buf)) + at[2])
    n = 0
    k = at[1] - at[2]
    while n < k and p[n] != 0x0D and p[n] != 0x0A:
        n += 1
    answer = at[2] + n << 1
    texts = reading.texts
    known = texts[_IDENT]
    kind = texts[_TYPE]
    maker = texts[_MAKER]
    k = 1
    if n > 4 and int(len(known)) == n and int(len(kind)) == n - 4 and int(len(maker)) == 3:
        q = ptr8(known)
        k = n
        while k and p[k - 1] == q[k - 1]:
            k -= 1
        q = ptr8(kind)
        while not k and n > 4:
            n -= 1
            k = p[n] ^ q[n - 4]
        q = ptr8(maker)
        while not k and n > 1:
            n -= 1
            k = p[n] ^ q[n - 1]
        if k:
            k = 1
        else:
            said = ptr8(int(ptr8(reading.present)) + _SAID)
            said[_IDENT] = 1
            said[_TYPE] = 1
            said[_MAKER] = 1
    answer |= k
    when = ptr32(reading.when)
    when[1] = _NO_CLOCK
    when[2] = _UNSPECIFIED
    when[3] = _NO_STATUS
    special = ptr8(int(ptr8(reading.present)) + _SPECIAL)
    k = special[_CLOCK]
    if k:
        rows = ptr32(int(rows) + (k << 5) - 32)
        p1_time(buf, rows[1], rows[2], int(when))
        return answer
    k = special[_CLOCK + 1]
    n = special[_CLOCK + 2]
    if k and n:
        row = ptr32(int(rows) + (n << 5) - 32)
        n = row[1]
        size = row[2]
        p = ptr8(int(ptr8(buf)) + n)
        if (size == 8 or size == 10) and p[0] == 0x32 and p[1] == 0x30 and p[2] >= 0x30 and p[3] >= 0x30:
            if p[2] <= 0x39 and p[3] <= 0x39:
                n += 2  # the century
                size -= 2
        row = ptr32(int(rows) + (k << 5) - 32)
        moment(int(six(buf, n, size)), int(six(buf, row[1], row[2])), int(when))
    return answer


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
def rest(reading, buf: ptr8, at: ptr32, rows: ptr32, info: ptr32) -> int:
    """What a list has besides values. at: as in `wire/layers/unwrap.py`; rows, info: as of axdr_walk().

    Its date-time is put into `when`, also where there is none (a clock among the values was read together with them;
    the date-time of the header may be older). Returns 1 where it ends with a text without a code, the meter's number,
    which is not the known one, else 0.
    """
    said = ptr8(reading.present)
    when = ptr32(reading.when)
    n = info[0]
    found = 0
    k = said[_SPECIAL + _CLOCK]
    if k:
        row = ptr32(int(rows) + (k << 5) - 32)
        if row[2] == _DATE_TIME:
            found = int(date_time(int(buf), row[1], int(when)))
    if not found:
        k = at[0] - _DATE_TIME
        if k > at[2]:
            found = int(date_time(int(buf), k, int(when)))
    if not found:
        when[1] = _NO_CLOCK
        when[2] = _UNSPECIFIED
        when[3] = _NO_STATUS
    if n > 1:
        row = ptr32(int(rows) + (n << 5) - 32)
        said = ptr8(int(said) + _SAID)
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
                return 1
            said[0] = 1
    return 0


@micropython.viper
def alike(buf: ptr8, rows: ptr32, info: ptr32, mark: ptr32) -> int:
    """1 where the list that axdr_walk() has walked into rows and info is of the kind with this mark, else 0.

    mark   number of rows (0x7FFF: lists with codes, of any number), hash of the types, length of the opening of the
           list's first text, and its bytes, a word each
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
        if buf[size] != mark[3 + size]:
            return 0
    return 1
