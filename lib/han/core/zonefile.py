"""Finds IANA time zones in zones.bin by seeking, so that the file is never in memory. Imported when needed.

The file (tools/dev/zones.py makes it): b"HANZ", release of the data (8 bytes), length of the names,
length of the rules (16 bits each). Then the names, sorted. Behind each name are two characters, whose
low six bits each are the place of its rule, and a line feed. Then the rules, numbers little-endian:

    number of changes outside the rule; standard and summer offset: quarter-hours, signed bytes
    if the two offsets differ, the dates of the change to summer time and back, 4 bytes each:
        month, week << 4 | day of the week (0 Sunday), minutes after local midnight
    if there are changes outside the rule: the offset at the start of 2020,
        and for each change: minutes since then (3 bytes), the offset after it
"""
import io
import struct

_HEADER = "<4s8sHH"
_START = struct.calcsize(_HEADER)
# The longest name has 32 characters.
_LONGEST = 48


def _open():
    """The opened file, or the same bytes from a module where the application is frozen and has no files."""
    try:
        return open(__file__.rsplit("/", 1)[0] + "/zones.bin", "rb")
    except OSError:
        from .zonedata import DATA  # type: ignore[import-not-found]  # made for a frozen image

        return io.BytesIO(DATA)


def find(name):
    """The rule of a zone, bytes as in the file; None where there is no such name."""
    wanted = name.encode()
    if not wanted or len(wanted) > _LONGEST:
        return None
    with _open() as file:
        _, _, names, rules = struct.unpack(_HEADER, file.read(_START))
        low, high = 0, names
        while low < high:
            # Read the line around the middle. `low` and `high` are always beginnings of lines.
            begin = max(low, (low + high) // 2 - _LONGEST - 3)
            file.seek(_START + begin)
            data = file.read(2 * _LONGEST + 6)
            start = data.rfind(b"\n", 0, (low + high) // 2 - begin) + 1
            end = data.find(b"\n", start)
            here = data[start : end - 2]
            if here == wanted:
                at = (data[end - 2] & 63) << 6 | data[end - 1] & 63
                file.seek(_START + names + at)
                head = file.read(3)
                length = 0 if head[1] == head[2] else 8
                if head[0]:
                    length += 1 + 4 * head[0]
                return head + file.read(length)
            if here < wanted:
                low = begin + end + 1
            else:
                high = begin + start
    return None


def names():
    """Iterate over all names in order; only a few of them are in memory at a time."""
    with _open() as file:
        _, _, left, _ = struct.unpack(_HEADER, file.read(_START))
        rest = b""
        while left:
            data = file.read(min(left, 256))
            left -= len(data)
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            for line in lines:
                yield line[:-2].decode()
