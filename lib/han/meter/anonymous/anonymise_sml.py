"""Rewrites one SML telegram for `anonymise.py`. A module of its own, as only German meters need it."""
from ...wire.conventions import Conventions
from ...wire.loops import crc_x25
from ...wire.sml import content

_ESCAPE = b"\x1b\x1b\x1b\x1b"
_DEEPEST = 12


def rewritten(telegram, alias, conventions):
    """Replace every octet string longer than an OBIS code in a checked telegram (bytearray), and return it.

    alias         function: bytes -> bytes of the same length
    conventions   the Conventions that have checked this telegram

    None where its messages are malformed.
    """
    inner = Conventions(1)
    messages = bytearray(telegram)
    at, last = content(messages, 0, len(messages))
    while at < last:
        stop = _skip(messages, at, last, 0)
        if stop < 0:
            return None
        # A message ends with its own checksum and 00.
        body = stop - 4
        sent = messages[stop - 3] | messages[stop - 2] << 8
        checked = messages[body] == 0x63 and inner.check(messages, at, body, sent, crc_x25(messages, at, body))
        _octets(messages, at, stop, alias)
        if checked:
            messages[stop - 3:stop - 1] = _made(inner, messages, at, body)
        at = stop
    escaped = bytes(messages[8:last]).replace(_ESCAPE, _ESCAPE + _ESCAPE)
    room = len(telegram) - 16 - telegram[-3]
    # If a number contained an escape sequence, and its alias does not, the length changes: then all becomes zeros.
    telegram[8:8 + room] = escaped if len(escaped) == room else bytes(room)
    telegram[-2:] = _made(conventions, telegram, 0, len(telegram) - 2)
    return telegram


def _skip(buf, at, end, depth):
    """The index behind the element at `at`; -1 where it is malformed."""
    if depth > _DEEPEST or at >= end:
        return -1
    tag = buf[at]
    size = tag & 0x0F
    head = 1
    while tag & 0x80:
        if at + head >= end or head > 2:
            return -1
        tag = tag & 0x70 | buf[at + head] & 0x80
        size = size << 4 | buf[at + head] & 0x0F
        head += 1
    if tag & 0x70 == 0x70:
        at += head
        for _ in range(size):
            at = _skip(buf, at, end, depth + 1)
            if at < 0:
                return -1
        return at
    at += max(size, head)
    return at if at <= end else -1


def _octets(messages, at, stop, alias):
    while at < stop:
        start = at + 1
        while messages[start - 1] & 0x80:
            start += 1
        if messages[at] & 0x70 == 0x70:
            at = start  # go into the list
            continue
        end = _skip(messages, at, stop, 0)
        size = end - start
        if not messages[at] & 0x70 and size >= 6 and not (size == 6 and messages[end - 1] == 0xFF):
            messages[start:end] = alias(bytes(messages[start:end]))
        at = end


def _made(conventions, buf, start, end):
    return conventions.made(buf, start, end, crc_x25(buf, start, end)).to_bytes(2, "little")
