"""A virtual telegram: what a P1 port would say of a meter that has none (P1 companion standard DSMR 5.0.2, clause 6).

Beside the lines of DSMR 5 it has those of Sweden's P1 (totals, reactive powers and energies), so that clients of both
find what they look for. Belgium's and Sweden's decimal places of currents are kept, as chargers regulate by them.
"""
from ...core.clock import EPOCH
from ...core.zone import date, days
from ...meter import obis
from ...meter.reading import METER_ID

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_IDENT = const("/HAN5\\HAN-READER")
_LONGEST_ID = const(48)  # characters; twice as many hex digits
# Values in thousandths of their units.
_POWER = const("%02d.%03d*kW")
_REACTIVE = const("%02d.%03d*kvar")
_ENERGY = const("%06d.%03d*kWh")
_REACTIVE_ENERGY = const("%06d.%03d*kvarh")
_VOLUME = const("%05d.%03d*")  # m3, and GJ


def crc(data):
    """CRC-16/ARC of bytes, from `/` to `!` (clause 6.2). This table is in flash, unlike that of whole bytes."""
    table = (
        0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
        0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
    )  # fmt: skip
    n = 0
    for byte in data:
        n ^= byte
        n = table[n & 15] ^ n >> 4
        n = table[n & 15] ^ n >> 4
    return n


def hexed(raw):
    """Bytes as hex digits in capitals."""
    return "".join(["%02X" % byte for byte in raw])


class Maker:
    """Makes virtual telegrams, see make()."""

    def __init__(self):
        self._zone = None
        self._standard = 0  # that zone's offset in winter, s

    def make(self, live, energies, clock):
        """The telegram of a Live, bytes. It says what is known, and nothing else.

        energies: the four totals, Wh and varh, None each; clock: the application's Clock
        """
        lines = [_IDENT, "", "1-3:0.2.8(50)"]
        local = self._now(live, clock)
        if local is not None:
            local = self._stamp(local, clock.zone)
            lines.append("0-0:1.0.0(%s)" % local)
        number = live.raw(METER_ID)
        if number and len(number) <= _LONGEST_ID:
            lines.append("0-0:96.1.1(%s)" % hexed(number))
        _tariffs(lines, live, energies[0], 1, obis.IMPORT_ENERGY_T1)
        _tariffs(lines, live, energies[1], 2, obis.EXPORT_ENERGY_T1)
        for i in range(2):
            _add(lines, "1-0:%d.8.0" % (3 + i), _REACTIVE_ENERGY, energies[2 + i])
        tariff = live.extra.number(obis.TARIFF) if live.extra else None
        if tariff is not None and 0 <= tariff <= 9999:
            lines.append("0-0:96.14.0(%04d)" % tariff)
        for i in range(4):
            _add(lines, "1-0:%d.7.0" % (1 + i), _REACTIVE if i > 1 else _POWER, live.get(obis.IMPORT_POWER + i))
        _phases(lines, live, 32, obis.L1_VOLTAGE, "%03d.%d*V")
        _phases(lines, live, 31, obis.L1_CURRENT, "%03d.%02d*A")
        for i in range(4):
            _phases(lines, live, 21 + i, obis.L1_IMPORT_POWER + 3 * i, _REACTIVE if i > 1 else _POWER)
        if live.extra:
            from ...meter.submeters.sub import meters

            for one in meters(live.extra, live.clock):
                self._sub_meter(lines, one, local, clock.zone)
        lines.append("!")
        data = "\r\n".join(lines).encode()
        return data + b"%04X\r\n" % crc(data)

    def _now(self, live, clock):
        """The UTC time of the reading, s since 2020-01-01; None where it is not known."""
        ms = clock.unix_ms(live.received)
        return clock.of_meter(live.clock, live.deviation, live.dst) if ms is None else ms // 1000 - EPOCH

    def _stamp(self, utc, zone):
        """A time as YYMMDDhhmmss and S or W (clause 6.4, TST), in local time."""
        offset = zone.offset(utc)
        if zone is not self._zone or offset < self._standard:
            self._zone = zone
            year = date(utc // 86400)[0]
            self._standard = min([offset] + [zone.offset(days(year, month, 1) * 86400) for month in (1, 7)])
        return _digits(utc + offset) + ("S" if offset > self._standard else "W")

    def _sub_meter(self, lines, one, now, zone):
        """Add the lines of a meter of gas, water or heat (clause 6.12)."""
        if one.kind is not None:
            lines.append("0-%d:24.1.0(%03d)" % (one.channel, one.kind))
        if one.id:
            lines.append("0-%d:96.1.0(%s)" % (one.channel, hexed(one.id.encode())))
        if one.time is None:
            # The meter does not say when it has read that, so it is from now.
            when = now
        else:
            when = self._stamp(zone.utc(one.time, one.dst), zone)
        if when and one.unit and one.value is not None and one.value >= 0:
            value = one.value * 1000 // 10**one.places
            form = _ENERGY if one.unit == "kWh" else _VOLUME + one.unit
            lines.append("0-%d:24.2.1(%s)(%s)" % (one.channel, when, form % divmod(value, 1000)))


def _add(lines, code, form, number):
    """Add a line of a number in thousandths, if it is known."""
    if number is not None and number >= 0:
        lines.append("%s(%s)" % (code, form % divmod(number, 1000)))


def _phases(lines, live, code, field, form):
    """Add the lines of up to three phases."""
    for i in range(3):
        number = live.get(field + i)
        if number is None:
            continue
        if field == obis.L1_VOLTAGE:
            parts = divmod(number, 10)
        elif field == obis.L1_CURRENT:
            # These have no sign in P1. Clients take it from the powers.
            parts = divmod((abs(number) + 5) // 10, 100)
        else:
            parts = divmod(number, 1000)
        lines.append("1-0:%d.7.0(%s)" % (code + 20 * i, form % parts))


def _tariffs(lines, live, total, code, field):
    """Add the lines of the energies of one direction.

    Clients take either the total or the sum of tariffs 1 and 2. So if the meter has no tariffs, or others, tariff 1
    gets the total, and tariff 2 is zero. A total that was kept over a restart is no reason to do so, as tariffs may
    come with the next total: a counter must not fall back.
    """
    _add(lines, "1-0:%d.8.0" % code, _ENERGY, total)
    tariffs = [live.get(field + i) for i in range(obis.TARIFFS)]
    two = None not in tariffs[:2] and not any([number is not None for number in tariffs[2:]])
    if not two and live.get(obis.IMPORT_ENERGY + code - 1) is not None:
        tariffs = total, 0
    for i, number in enumerate(tariffs):
        _add(lines, "1-0:%d.8.%d" % (code, 1 + i), _ENERGY, number)


def _digits(local):
    year, month, day = date(local // 86400)
    second = local % 86400
    parts = year % 100, month, day, second // 3600, second // 60 % 60, second % 60
    return "%02d%02d%02d%02d%02d%02d" % parts
