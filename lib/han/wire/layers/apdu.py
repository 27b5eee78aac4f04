"""Headers of the DLMS APDUs that meters push (IEC 62056-5-3): these functions find the content behind them."""
DATE_TIME = 12  # bytes
_NONE = -1
_LONGEST = 3900


def skip_llc(buf, start, end):
    """Index behind the LLC header E6 E6 00 or E6 E7 00 (IEC 62056-46 clause 5.3.2); `start` where there is none."""
    if end - start >= 3 and buf[start] == 0xE6 and buf[start + 1] & 0xFE == 0xE6 and buf[start + 2] == 0:
        return start + 3
    return start


def body(buf, start, end):
    """Index of the body of the data-notification buf[start:end] (clause 6.9); 0 where it is malformed.

    In front of the body is a date-time: its length and 12 bytes. Kaifa and older meters of Kamstrup send a tag before
    the length. The length may be 0.
    """
    at = start + 5  # tag and long-invoke-id-and-priority
    if at < end and buf[at] == 0x09:
        at += 1
    if at >= end:
        return 0
    length = buf[at]
    at += 1 + length
    return at if not length or length == DATE_TIME and at <= end else 0


def date_time(start, body):
    """Index of the date-time in a data-notification. start, body: indexes of the APDU and its body. 0: it has none."""
    return body - DATE_TIME if body - start > DATE_TIME else 0


def check_ciphered(buf, start, end):
    """Check the general-glo-ciphering APDU that opens at buf[start]; the answers are those of `hdlc.check`.

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
    """Check a ciphered APDU. buf[at] is the length of its system title. The answers are those of `hdlc.check`."""
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
