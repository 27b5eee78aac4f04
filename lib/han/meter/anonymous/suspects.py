"""Finds by its looks what identifies a meter: in lines of text, and in bytes of no telegram; for `anonymise.py`.

places: the Places of the capture that is rewritten.
"""
from .aliases import DIGITS, alnum

#: C and D of the OBIS codes of meter numbers, logical device names and consumer messages.
PRIVATE = b"96.1", b"96.13", b"0.0", b"42.0", b"C.1"


def serials(places, buf, start, end, least=6, keep=()):
    """Replace everything in buf[start:end] that looks like a serial number, except at the indexes `keep`.

    least: shortest length; 6 outside of telegrams and in lists, 8 in lines of P1
    """
    at = start
    while at < end:
        stop = at
        digits = 0
        while stop < end and alnum(buf[stop]):
            digits += buf[stop] in DIGITS
            stop += 1
        # It is not a value, which has decimals or a unit behind it ...
        if digits >= 6 and stop - at >= least and at not in keep and (stop == end or buf[stop] not in b".*"):
            # ... and in lines of P1 it is not a time, YYMMDDhhmmss with or without S or W.
            if least == 6 or not (stop - at in (12, 13) and digits == 12 and buf[at + 2] < 0x32 > buf[at + 4] - 2):
                places.rename(buf, at, stop)
        at = stop + 1


def ident(places, buf, start, end):
    """Replace the serial part of a P1 ident, buf[start:end]."""
    at = start
    while at < end:
        stop = at
        while stop < end and buf[stop] in DIGITS:
            stop += 1
        if stop - at >= 6:
            places.rename(buf, at + 3, stop)  # the first three digits are the type
        at = stop + 1


def text_lines(places, buf, start, end, least, keep):
    """Replace the private values and the serial numbers of the lines buf[start:end]. least, keep: as of serials()."""
    at = start
    while at < end:
        stop = at
        while stop < end and buf[stop] not in b"\r\n":
            stop += 1
        code, _, values = bytes(memoryview(buf)[at:stop]).partition(b"(")
        parts = code[code.rfind(b":") + 1:].split(b".")
        # In Belgium, 96.1.4 is the version of the telegram.
        if b".".join(parts[:2]) in PRIVATE and parts[2:] != [b"4"]:
            at += len(code) + 1
            for value in values.split(b"("):
                places.rename(buf, at, at + len(value.partition(b")")[0]))
                at += len(value) + 1
        else:
            serials(places, buf, at, stop, least, keep)
        at = stop + 1


def loose(places, start, end):
    """Rewrite bytes that are in no telegram, data[start:end]."""
    data = places.data
    if end - start < 3:
        return
    for raw, new in places.aliases.known():
        at = start if len(raw) > 4 else -1
        while at >= 0:
            at = data.find(raw, at, end)
            if at >= 0:
                data[at:at + len(raw)] = new
                at += len(raw)
        for n in range(len(raw) - 1, 2, -1):
            if data[start:start + n] == raw[-n:]:
                data[start:start + n] = new[-n:]
            if data[end - n:end] == raw[:n]:
                data[end - n:end] = new[:n]
    text_lines(places, data, start, end, 6, ())
    for at, step in (start, 1), (end - 1, -1):
        n = 0
        while start <= at + n * step < end and alnum(data[at + n * step]):
            n += 1
        if n >= 3:
            for i in range(n):
                data[at + i * step] = 0x30
