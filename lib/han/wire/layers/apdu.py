"""Headers of the DLMS APDUs that meters push (IEC 62056-5-3). What is not here is stepped over by `frames.peel`."""
DATE_TIME = 12  # bytes
_NONE = -1
_LONGEST = 3900


def date_time(start, body):
    """Index of the date-time in a data-notification. start, body: indexes of the APDU and its body. 0: it has none."""
    return body - DATE_TIME if body - start > DATE_TIME else 0


def check_ciphered(buf, start, end):
    """Check the general-glo-ciphering APDU that opens at buf[start]; the answers are those of `hdlc.py`.

    It has no checksum, so it must begin as meters send it: a system title of 8 bytes that begins
    with the three letters of the manufacturer, and a valid security control.
    """
    if start + 5 > end:
        return -start - 5
    for i in range(start + 2, start + 5):
        if not 0x41 <= buf[i] & 0xDF <= 0x5A:
            return _NONE
    return ciphered_end(buf, start + 1, end)


def ciphered_end(buf, at, end):
    """Check a ciphered APDU. buf[at] is the length of its system title. The answers are those of `hdlc.py`."""
    if at + 14 > end:
        return -at - 14
    if buf[at] > 8:
        return _NONE
    at += 1 + buf[at]
    length = buf[at]
    at += 1
    if length >= 0x80:
        n = length - 0x80
        if not 1 <= n <= 2:
            return _NONE
        length = 0
        for _ in range(n):
            length = length << 8 | buf[at]
            at += 1
    if not buf[at] & 0x30 or buf[at] & 0x0F > 2 or not 5 < length <= _LONGEST:
        return _NONE
    complete = at + length
    return complete if complete <= end else -complete
