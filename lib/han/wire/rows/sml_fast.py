"""Walks the messages of SML into rows of integers (viper). `sml_plain.py` is its twin in ordinary Python."""
import micropython
from micropython import const

_NUMBER = const(1)
_TEXT = const(2)
_NEGATIVE = const(16)
_STATUS = const(32)
_SCALE = const(64)
_NO_UNIT = const(255)
_LIST = const(0x70)  # types, in bits 4 to 6 of a tag
_SIGNED = const(0x50)
_UNSIGNED = const(0x60)
_GET_LIST_RESPONSE = const(0x701)
_LONGEST = const(0xFFFF)  # limit for the length of an element: no telegram is so long
_MAKER = const(0x1603201)  # 1-0:96.50.1


@micropython.viper
def walk(p: ptr8, k: int, end: int, rows: ptr32, most: int, keys: ptr32, known: int) -> int:
    """Walk the messages p[k:end]: each entry of their lists makes a row, see `walk_fast.py`.

    Returns the number of rows, at most `most`; -1 where the messages are malformed.

    A message is a list of 6 (transaction, group, abort on error, body, checksum, end). Its body is
    a choice of 2. The body SML_GetList.Res is a list of 7 (client, server, name, time, entries,
    signature, time). An entry is a list of 7 (OBIS code, status, time, unit, scaler, value,
    signature). All other elements are stepped over. So is an entry whose code is not among
    keys[:known] (sorted), or that belongs to a past billing period (group F). The last column also
    has the status: + 32 where there is one, and its low 16 bits from bit 8 on.
    """
    # Only the first three parameters are in registers, so p moves along and k is used as a scratch variable.
    base = int(p)
    end += base
    p = ptr8(base + k)
    n = 0
    # Elements that are still to come of each list around the present one, the outermost first; 0: not in such a list.
    message = 0
    body = 0
    answer = 0
    entries = 0
    part = 0  # number of the next element of an entry, 1 to 7; 0: not in an entry
    need = 0  # number of elements to step over
    listed = 0  # the tag of the message's body
    key = 0  # 0: the entry makes no row
    kind = 0
    status = 0
    while int(p) < end and n < most:
        first = p
        tag = p[0]
        size = tag & 15
        p = ptr8(int(p) + 1)
        k = tag
        while k & 0x80:
            if int(p) >= end:
                return -1
            k = p[0]
            size = size << 4 | k & 15
            if size > _LONGEST:
                return -1
            p = ptr8(int(p) + 1)
        tag = tag & 0x70
        if tag != _LIST:
            k = int(first) + size
            first = p
            if k > int(p):
                p = ptr8(k)
                if k > end:
                    return -1
            size = 0
            k = int(p) - int(first)
        if need:
            need += size - 1
        elif part:
            need = size
            if part == 1:
                key = 0
                kind = 0
                status = 0
                if not tag and k == 6:
                    k = first[0] << 24 | first[2] << 16 | first[3] << 8 | first[4]
                    if first[0] == 0x81:
                        k = 0
                        if first[1] == 0x81 and first[2] == 0xC7 and first[3] == 0x82 and first[4] == 3:
                            k = _MAKER  # 129-129:199.130.3, a manufacturer-specific code for it
                    elif first[5] != 0xFF and first[2] and first[2] < 96:
                        k = 0
                    elif first[0] == 1 and first[1] == 2 and k & 0xFFFF == 0x800:
                        k |= 0x2000000  # the key of 1-2:C.8.0 is that of 3-0:C.8.0
                    elif first[0] > 1 or first[1] > first[0]:
                        k = 0
                    # Binary search for the last of the keys that is not above this one.
                    at = 0
                    step = 64
                    while step:
                        if at + step < known and keys[at + step] <= k:
                            at += step
                        step >>= 1
                    if keys[at] == k:
                        key = k
            elif not key:
                pass
            elif part == 2:
                if tag == _UNSIGNED and k:
                    while int(first) < int(p):
                        status = (status & 0xFF) << 8 | first[0]
                        first = ptr8(int(first) + 1)
                    status = status << 8 | _STATUS
            elif part == 4 or part == 5:
                low = 0
                if part == 4:
                    low = _NO_UNIT
                if tag or k:
                    if k and k < 4 and (tag == _SIGNED or tag == _UNSIGNED):
                        low = 0
                        if tag == _SIGNED and first[0] & 0x80:
                            low = -1
                        while int(first) < int(p):
                            low = low << 8 | first[0]
                            first = ptr8(int(first) + 1)
                    else:
                        key = 0
                if part == 4:
                    rows[6] = low
                else:
                    low += _SCALE
                    rows[5] = low
                if low < 0 or low > 255:
                    key = 0
            elif part == 6:
                rows[1] = int(first) - base
                rows[2] = k
                low = 0
                high = 0
                if not tag and k:
                    kind = _TEXT
                elif (tag == _SIGNED or tag == _UNSIGNED) and k and k < 9:
                    kind = _NUMBER
                    k = 0
                    if tag == _SIGNED and first[0] & 0x80:
                        kind = _NUMBER | _NEGATIVE
                        k = 0xFF
                    while int(first) < int(p):
                        if high > 0x3FFFF:
                            key = 0
                            break
                        high = high << 8 | low >> 16
                        low = (low & 0xFFFF) << 8 | (first[0] ^ k)
                        first = ptr8(int(first) + 1)
                    low += k & 1
                    high += low >> 24
                    low = low & 0xFFFFFF
                    if high > 0x3FFFFFF:
                        key = 0
                rows[3] = low
                rows[4] = high
        elif entries:
            if size == 7:
                part = 1
                continue
            need = size
        elif answer:
            if answer == 3 and size:
                entries = size
                continue
            need = size
        elif body:
            if body == 2:
                listed = 0
                if tag == _UNSIGNED and k < 5:
                    while int(first) < int(p):
                        listed = listed << 8 | first[0]
                        first = ptr8(int(first) + 1)
            elif listed == _GET_LIST_RESPONSE and size == 7:
                answer = 7
                continue
            need = size
        elif message:
            if message == 3 and size == 2:
                body = 2
                continue
            need = size
        elif size == 6:
            message = 6
            continue
        else:
            need = size
        if need:
            continue
        # An element is complete. If it was the last one of a list, the list is complete, too.
        if part:
            part += 1
            if part < 8:
                continue
            part = 0
            if key and kind:
                rows[0] = key
                rows[7] = kind | status
                rows = ptr32(int(rows) + 32)
                n += 1
        if entries:
            entries -= 1
            if entries:
                continue
        if answer:
            answer -= 1
            if answer:
                continue
        if body:
            body -= 1
            if body:
                continue
        if message:
            message -= 1
    if n < most and (need or message):
        return -1
    return n


@micropython.viper
def find_escape(buf: ptr8, start: int, end: int) -> int:
    """Index of the first 1B 1B 1B 1B in buf[start:end]. If there is none, the index at which to search on later."""
    while start + 4 <= end:
        if buf[start + 3] != 0x1B:
            start += 4
        elif buf[start] == 0x1B and buf[start + 1] == 0x1B and buf[start + 2] == 0x1B:
            return start
        else:
            start += 1
    return start
