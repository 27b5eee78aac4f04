"""A reader's recording alone: with a clock to move, a meter to read, and flash whose power can fail."""

from han.meter.live import Live
from han.meter.reading import METER_ID, Reading
from han.store.flash import Region
from han.store.series.clocksteps import moves, shifted, start_near
from han.store.series.replay import restored
from han.store.series.samples import Series
from host_sim.house.localtime import civil_from_days, days_from_civil, is_summer
from tests.store.nor import Flash

EPOCH = 1577836800
_DAYS = EPOCH // 86400


class Zone:
    """Winter offset in seconds, with or without the summer time of the EU."""

    def __init__(self, winter=7200, summer=True):
        self.winter = winter
        self.summer = summer

    def offset(self, utc):
        return self.winter + (3600 if self.summer and is_summer(utc + EPOCH) else 0)

    def local(self, utc):
        return utc + self.offset(utc)

    def hour_start(self, utc):
        offset = self.offset(utc)
        return (utc + offset) // 3600 * 3600 - offset

    def _utc(self, wall):
        for offset in (self.winter + 3600, self.winter):
            if self.offset(wall - offset) == offset:
                return wall - offset
        return wall - self.winter

    def day_start(self, utc):
        wall = utc + self.offset(utc)
        return self._utc(wall - wall % 86400)

    def next_day(self, utc):
        wall = utc + self.offset(utc)
        return self._utc(wall - wall % 86400 + 86400)

    def _month(self, utc, more):
        year, month, _ = civil_from_days((utc + self.offset(utc)) // 86400 + _DAYS)
        month += more
        if month > 12:
            year, month = year + 1, 1
        return self._utc((days_from_civil(year, month, 1) - _DAYS) * 86400)

    def month_start(self, utc):
        return self._month(utc, 0)

    def next_month(self, utc):
        return self._month(utc, 1)


class Clock:
    def __init__(self, zone):
        self.zone = zone
        self.up = 0  # s
        self.base = None  # UTC at uptime 0

    def uptime_ms(self):
        return self.up * 1000

    def utc(self):
        return None if self.base is None else self.base + self.up


def put(reading, field, number):
    size = abs(number)
    reading.values[2 * field] = size & 0xFFFFFF
    reading.values[2 * field + 1] = size >> 24
    reading.present[field] = 3 if number < 0 else 1


class World:
    """A reader with `sectors` of history; what it reads comes from true time and exact Ws.

    held    (history, state) partitions' Flash from before, in place of new ones
    before  samples of an older layout, see samples.rings()
    """

    def __init__(self, sectors=64, winter=7200, true=200000000, price=None, held=None, before=None):
        self.flash, self.state = held or (Flash(sectors), Flash(16))
        self.zone = Zone(winter)
        self.true = true  # seconds since 2020
        self.ws = [0, 0]
        self.first = [5000000000, 1000]  # Wh on the meter at the start, beyond 2^31
        self.meter = b"METER-1"
        self.ways = 0, 1  # that it has counters of: import, export
        self.price = price
        self.before = before
        self.boot()

    def boot(self, known=True):
        self.clock = Clock(self.zone)
        if known:
            self.clock.base = self.true
        self.booted = self.true
        region = Region(self.state.partition, 8, 2)
        self.history = restored(self.flash.partition, region, self.clock, self.price, self.before)
        self.live = Live()
        self.reading = Reading()

    def known(self, wrong=0):
        """Set the clock, wrong by so many seconds."""
        self.clock.base = self.booted + wrong

    def counters(self):
        return [first + ws // 3600 for first, ws in zip(self.first, self.ws)]

    def off(self, seconds, power=(1000, 0)):
        """Let time and energy pass without telegrams."""
        self.true += seconds
        for way in range(2):
            self.ws[way] += power[way] * seconds

    def read(self, power=(1000, 0), current=(4000, 5000, -600), counters=True):
        """Receive a telegram now."""
        self.clock.up = self.true - self.booted
        reading = self.reading
        reading.clear()
        for way in range(2):
            put(reading, way, power[way])
            if counters and way in self.ways:
                put(reading, 22 + way, self.counters()[way])
        for i in range(3):
            if current[i] is not None:
                put(reading, 19 + i, current[i])
        reading.set_text(METER_ID, self.meter, 0, len(self.meter))
        live = self.live
        live.take(reading, self.clock.up * 1000, live.seq and 1000 * self.clock.up - live.received)
        self.history.take(live)
        self.history.tidy()

    def run(self, seconds, period=1, power=(1000, 0), current=(4000, 5000, -600), counters=1):
        """A telegram every `period`; with counters where true time is a multiple of `counters` (0: never)."""
        for _ in range(seconds // period):
            self.off(period, power)
            self.read(power, current, counters and self.true % counters == 0)

    def samples(self, kind):
        """Every sample kept of a series, oldest first, dated as it is now."""
        series = Series(self.history.series[kind])
        moved = moves(self.history.region, kind)
        found = []
        for number in range(series.first, series.next):
            sample = series.read(number)
            if sample:
                by = shifted(series.number(number), moved)
                t = start_near(kind, sample[0] + by, self.zone) if by else sample[0]
                found.append((t,) + tuple(sample[1:]))
        return found
