"""What the meter task tells of its line, in words. Imported for that."""
from ...wire.framer import Framer
from ..decoder import WITHOUT_READINGS
from ..link import BURST_MS
from .search import SETTINGS, Search, setting

#: Readings come so often at least, as long as the meter's own period is not known, ms.
_USUAL_MS = 10000

_SILENT = "no bytes on the HAN port"
_NOISE = "bytes but no telegrams on the HAN port: wrong speed, parity or polarity"
_CHECKSUM = "frames but wrong checksum"
_PARITY = "a 7E1 line, but no telegram with right parity yet"
_LEARNING = "checksum by another convention (%s), right in %d of %d telegrams"


def selectable():
    """The settings of a line that can be chosen: option `m.o` of the configuration is 1 + the index here."""
    return [setting(index) for index in range(SETTINGS)]


def describe(line):
    """Text of a setting, such as '2400 8E1 inverted'."""
    baud, bits, parity, stop, inverted = line
    return "%d %d%s%d%s" % (baud, bits, "N" if parity is None else "EO"[parity], stop,
                            " inverted" if inverted else "")


def line(link):
    """The settings found, such as '115200 8N1 inverted'; None while searching."""
    return trying(link) if link.search.locked else None


def trying(link):
    """The settings in use, found or not."""
    if link.uart.any_setting:
        return "any"
    line = setting(link.search.index)
    if line[1:3] == (8, None) and link.seven():
        line = line[:1] + (7, 0) + line[3:]
    return describe(line)


def tried(link):
    """The settings that were listened with so far."""
    if link.uart.any_setting or link.search.fixed:
        return [trying(link)]
    return [describe(setting(index)) for index in range(SETTINGS) if link.search.tried >> index & 1]


def checksum(link):
    """The other convention that the meter's checksums follow, such as 'X25', or 'X25, 3 of 5' until it is proven."""
    found = link.conventions
    if found.learned or not found.name:
        return found.name
    return "%s, %d of %d" % (found.name, found.count, found.enough)


def diagnosis(link):
    """Why there is no new reading, as far as the bytes tell; None where there is, or the first may be coming in."""
    if link.reason:
        return link.reason
    since = link.board.ticks_diff(link.board.ticks_ms(), link.last_byte)
    c = link.counters
    if not link.heard or since > Search.dwell_ms:
        return _SILENT
    found = link.conventions
    # One such telegram between others is damaged by chance.
    if found.name and not found.learned and (found.count > 1 or not c.frames):
        return _LEARNING % (found.name, found.count, found.enough)
    if c.frames:
        if link.decoder.reason is None and c.implausible and link.plausible.refused:
            return "implausible reading: " + link.plausible.detail
        return None if _between(link) else link.decoder.reason
    if c.parity:
        return _PARITY
    if c.checksum_errors:
        return _CHECKSUM
    # What is coming in may yet be the first telegram.
    return None if since <= BURST_MS and c.bytes < Framer.size else _NOISE


def _between(link):
    """True where a telegram that has no readings came between others of the same meter that have them."""
    live = link.live
    if not live.seq or link.decoder.reason not in WITHOUT_READINGS:
        return False
    return link.board.ticks_diff(link.board.ticks_ms(), live.received) <= max(3 * live.period_ms, _USUAL_MS)


def scales(link):
    """The scale of the last telegram's numbers, a dict for JSON: each a multiplier of the maker's usual one, and why.

    by: `list` (it says so itself), `maker` (the usual one), `telegram` (it proved itself), `known` (remembered),
    `setting`, or `measuring`: nobody is told them yet; claims: telegrams, for energies intervals, that have said in a
    row what is not known yet
    """
    of = link.decoder.scales
    listed = not link.decoder.reading.unscaled
    found = {"ct": link.factors[3]}
    for i, (name, scale) in enumerate((("energy", of.growth), ("current", of.current), ("voltage", of.voltage))):
        times, by = 1000, "maker"
        if link.factors[i]:
            times, by = link.factors[i], "setting"
        elif listed:
            by = "list"
        elif scale.used is None:
            times, by = None, "measuring"
        else:
            times = 1000 // 10**-scale.used
            if scale.known is not None:
                by = "known"
            elif scale.used:
                by = "telegram"
        found[name] = {"multiplier": _number(times), "by": by}
        if not listed:
            found[name]["claims"] = scale.times
    so_far = of.growth.so_far()
    if so_far:
        found["energy"]["interval"] = dict(zip(("s", "import_wh", "export_wh"), so_far))
    return found


def _number(thousandths):
    if thousandths is None or thousandths % 1000 == 0:
        return thousandths and thousandths // 1000
    return thousandths / 1000


def anonymised(capture):
    """A copy of a Capture without the meter's numbers and names; see `anonymise.py`, which is loaded for this only.

    Takes about 10 kB meanwhile: MemoryError where they are not there.
    """
    from ..anonymous import anonymise

    data = capture.raw()
    anonymise.anonymise(data)
    return data
