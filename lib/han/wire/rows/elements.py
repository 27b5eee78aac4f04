"""Walks the elements of SML (BSI TR-03109-1 annex IV) in ordinary Python."""

LIST = 0x70  # the type of a list


class Malformed(ValueError):
    """An element does not end within the bytes, or says that it is larger than any is."""


def head(buf, at, end):
    """(type, size, index behind tag and length) of the element at `at`. Malformed.

    size: the number of elements of a list, else the index behind the element
    """
    size = 0
    inside = at
    while True:
        if inside >= end:
            raise Malformed
        byte = buf[inside]
        size = size << 4 | byte & 0x0F
        inside += 1
        if size > 0xFFFF:
            raise Malformed
        if not byte & 0x80:
            break
    kind = buf[at] & 0x70
    if kind != LIST:
        size = max(at + size, inside)
        if size > end:
            raise Malformed
    return kind, size, inside


def skip(buf, at, end):
    """The index behind the element at `at` and all elements in it. Malformed."""
    need = 1
    while need:
        kind, size, at = head(buf, at, end)
        need -= 1
        if kind == LIST:
            need += size
        else:
            at = size
    return at
