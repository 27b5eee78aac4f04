"""Writes all IANA time zones to one small file, from the pinned `tzdata` package: `python -m tools.dev.zones`.

The file is lib/han/core/zones.bin, beside the module that reads it (zonefile.py describes the format), so that the
application also runs from its sources. A test compares it with the result of build(). `--module PATH` writes the same
bytes as a Python module `zonedata`, to be frozen as han/core/zonedata.py in firmware without files.
"""

import argparse
import datetime
import importlib.resources
import pathlib
import re
import struct

import tzdata

FILE = pathlib.Path(__file__).resolve().parents[2] / "lib/han/core/zones.bin"
EPOCH = 1577836800
# The zone's rule covers changes after this time.
LAST = int(datetime.datetime(2038, 1, 1, tzinfo=datetime.timezone.utc).timestamp()) - EPOCH
# The zone of a computer on which none was set.
NO_ZONE = {"Factory"}

_NAME = r"(?:<[^>]+>|[A-Za-z]+)"
_TIME = r"[+-]?\d+(?::\d+(?::\d+)?)?"
_DATE = r"M(\d+)\.(\d)\.(\d)(?:/(%s))?" % _TIME
_RULE = re.compile("%s(%s)(?:%s(%s)?,%s,%s)?$" % (_NAME, _TIME, _NAME, _TIME, _DATE, _DATE))


def names():
    listed = importlib.resources.files("tzdata").joinpath("zones").read_text().split()
    return sorted(set(listed) - NO_ZONE)


def read(name):
    """([(seconds since 2020 of a change, offset after it)], offset at 2020, POSIX rule) of a zone (RFC 9636).

    Offsets are seconds east of UTC. ValueError if the file has another format.
    """
    data = importlib.resources.files("tzdata.zoneinfo").joinpath(*name.split("/")).read_bytes()
    if data[:5] < b"TZif2":
        raise ValueError("%s: not a TZif file of version 2" % name)
    at = 44 + size(data, 0, 4)  # the second block has 64-bit times
    _, _, _, times, types, _ = struct.unpack_from(">6l", data, at + 20)
    end = at + 44 + size(data, at, 8)
    rule = data[end + 1 : -1].decode()
    at += 44
    when = struct.unpack_from(">%dq" % times, data, at)
    which = data[at + 8 * times : at + 9 * times]
    offsets = [struct.unpack_from(">l", data, at + 9 * times + 6 * i)[0] for i in range(types)]
    first, changes = offsets[0], []
    for time, index in zip(when, which):
        time -= EPOCH
        if time <= 0:
            first = offsets[index]
        elif time < LAST:
            changes.append((time, offsets[index]))
        else:
            # The offset after the last change holds until LAST, whatever the rule says about that year.
            changes.append((LAST, changes[-1][1] if changes else first))
            break
    return changes, first, rule


def size(data, at, width):
    """Length in bytes of the data block of a TZif file whose header is at `at`."""
    isut, isstd, leap, times, types, chars = struct.unpack_from(">6l", data, at + 20)
    return times * (width + 1) + 6 * types + chars + leap * (width + 4) + isstd + isut


def seconds(text):
    sign = -1 if text[0] == "-" else 1
    hours, minutes, rest = (text.lstrip("+-").split(":") + ["0", "0"])[:3]
    return sign * (int(hours) * 3600 + int(minutes) * 60 + int(rest))


def quarters(number, what):
    if number % 900:
        raise ValueError("%s: %d s are no quarter-hours" % (what, number))
    return number // 900


def record(name):
    """The bytes that describe a zone; zones with the same rules have equal bytes. ValueError if it cannot be coded."""
    changes, first, rule = read(name)
    found = _RULE.match(rule)
    if not found:
        raise ValueError("%s: rule %r" % (name, rule))
    groups = found.groups()
    standard = -seconds(groups[0])
    summer, dates = standard, b""
    if groups[2]:
        summer = -seconds(groups[1]) if groups[1] else standard + 3600
        for month, week, day, time in (groups[2:6], groups[6:10]):
            minutes = seconds(time or "2") // 60
            dates += struct.pack("<BBh", int(month), int(week) << 4 | int(day), minutes)
    body = struct.pack("<Bbb", len(changes), quarters(standard, name), quarters(summer, name)) + dates
    if changes:
        body += struct.pack("<b", quarters(first, name))
        for time, offset in changes:
            if time % 60:
                raise ValueError("%s: changes within a minute" % name)
            body += (time // 60).to_bytes(3, "little") + struct.pack("<b", quarters(offset, name))
    return body


def build():
    """Bytes of the file; ValueError if it would be too large."""
    places, records, lines = {}, b"", b""
    for name in names():
        body = record(name)
        if body not in places:
            places[body] = len(records)
            records += body
        high, low = divmod(places[body], 64)
        lines += name.encode() + bytes((0x40 + high, 0x40 + low)) + b"\n"
    if len(records) > 4096:
        raise ValueError("%d bytes of rules" % len(records))
    return struct.pack("<4s8sHH", b"HANZ", tzdata.IANA_VERSION.encode(), len(lines), len(records)) + lines + records


def main():
    parse = argparse.ArgumentParser("python -m tools.dev.zones")
    parse.add_argument("--module", metavar="PATH", type=pathlib.Path)
    options = parse.parse_args()
    data = build()
    if options.module:
        rows = "\n".join("    %r" % data[at : at + 64] for at in range(0, len(data), 64))
        options.module.write_text("# ruff: noqa\nDATA = (\n%s\n)\n" % rows)
    else:
        FILE.write_bytes(data)
    print("%s: %d zones, %d bytes" % (tzdata.IANA_VERSION, len(names()), len(data)))


if __name__ == "__main__":
    main()
