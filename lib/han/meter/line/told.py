"""Describes the state of the meter's line in words, for users. Imported for that."""
from ..decoder import WITHOUT_READINGS
from ..link import BURST_MS
from ..reading import UNSCALED
from .search import Search
from .settings import SETTINGS, setting

#: The counters of the meter's task, in the order of its stages.
STAGES = (
    "bytes frames checksum_errors truncated overrun parity encrypted decrypt_failures replayed decoded"
    " rejected implausible line_changes"
)
#: Longest time between readings that is assumed until the meter's own period is known, ms.
_USUAL_MS = 10000
#: So many bytes without a telegram are hardly the first one, bytes.
_MUCH = 4096

_SILENT = "no bytes on the HAN port"
_NOISE = "bytes but no telegrams on the HAN port: wrong speed, parity or polarity"
_CHECKSUM = "frames but wrong checksum"
_PARITY = "a 7E1 line, but no telegram with right parity yet"
_LEARNING = "checksum by another convention (%s), right in %d of %d telegrams"


def selectable():
    """The settings of a line that can be chosen: option `m.o` of the configuration is 1 + the index here."""
    return [setting(index) for index in range(SETTINGS)]


def describe(line):
    """A setting as text, such as '2400 8E1 inverted'. line: as of settings.setting()."""
    baud, bits, parity, stop, inverted = line
    return "%d %d%s%d%s" % (baud, bits, "N" if parity is None else "EO"[parity], stop,
                            " inverted" if inverted else "")


def line(link):
    """The setting that was found, such as '115200 8N1 inverted'; None while the search goes on."""
    return trying(link) if link.search.locked else None


def trying(link):
    """The setting in use as text, found or not."""
    if link.uart.any_setting:
        return "any"
    line = setting(link.search.index)
    if line[1:3] == (8, None) and link.seven():
        line = line[:1] + (7, 0) + line[3:]
    return describe(line)


def tried(link):
    """The settings that have been tried so far, a list of texts."""
    if link.uart.any_setting or link.search.fixed:
        return [trying(link)]
    return [describe(setting(index)) for index in range(SETTINGS) if link.search.tried >> index & 1]


def checksum(link):
    """The other convention of the meter's checksums, such as 'X25', or 'X25, 3 of 5' until it is proven. None: none."""
    found = link.conventions
    if found.learned or not found.name:
        return found.name
    return "%s, %d of %d" % (found.name, found.count, found.enough)


def diagnosis(link):
    """Why there is no new reading, in words; None where there is one, or where the first telegram may be coming in."""
    if link.reason:
        return link.reason
    since = link.board.ticks_diff(link.board.ticks_ms(), link.last_byte)
    c = link.counters
    if not link.heard or since > Search.dwell_ms:
        return _SILENT
    found = link.conventions
    # A single such telegram between others was damaged, and matched by chance.
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
    # The bytes that are coming in may be the first telegram.
    return None if since <= BURST_MS and c.bytes < _MUCH else _NOISE


def _between(link):
    """True where the last telegram had no values, but others of the same meter around it have them."""
    live = link.live
    if not live.seq or link.decoder.reason not in WITHOUT_READINGS:
        return False
    return link.board.ticks_diff(link.board.ticks_ms(), live.received) <= max(3 * live.period_ms, _USUAL_MS)


def scales(link):
    """The scale of the last telegram's energies, currents and voltages, a dict for JSON.

    multiplier   to the manufacturer's usual scale, None while it is not known
    by           where it is from: `list` (the list tells it), `maker` (the usual one), `telegram` (the telegram proved
                 it), `known` (earlier telegrams did), `setting`, or `measuring` (not known, so nothing is published)
    claims       number of telegrams (for energies: intervals) in a row that speak for another scale
    """
    of = link.decoder.scales  # None: no list was without scalers
    listed = not link.decoder.reading.said[UNSCALED]
    found = {"ct": link.factors[3]}
    each = (of.growth, of.current, of.voltage) if of else (None, None, None)
    for i, (name, scale) in enumerate(zip(("energy", "current", "voltage"), each)):
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
    so_far = of and of.growth.so_far()
    if so_far:
        found["energy"]["interval"] = dict(zip(("s", "import_wh", "export_wh"), so_far))
    return found


def _number(thousandths):
    if thousandths is None or thousandths % 1000 == 0:
        return thousandths and thousandths // 1000
    return thousandths / 1000


def anonymised(capture):
    """A copy of a Capture's bytes without the meter's numbers and names, see `anonymous/anonymise.py`.

    This takes about 10 kB for a while. MemoryError where there is too little memory.
    """
    from ..anonymous import anonymise

    data = capture.raw()
    anonymise.anonymise(data)
    return data
