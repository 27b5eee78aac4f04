"""Recording: readings become samples of 10 s, 15 min, a local day and a local month.

A reading belongs to the bucket that its time is in. The energy since the reading before is shared
out in proportion to time where an edge lies between the two. So the energy of a missing hour is
spread over that hour, a bucket without readings gets no sample, and all sums are differences of
the meter's counters.

Where counters come rarely, the energy in between is summed from power, and the next counter corrects
it. Energy that flowed while neither power nor counters came goes to the day and the month only.
Where no counters come at all, energy is summed from power alone.

bucket.py turns readings into samples, and samples.py describes how samples lie in flash. Code for rare
cases is imported when they happen: a start (replay.py); a clock that is set, steps or gets another
zone, and another meter (clocksteps.py); counters that come after their edge (edge.py).
"""
from binascii import crc32

from ...meter.obis import IMPORT_ENERGY, IMPORT_POWER
from ...meter.reading import METER_ID
from .bucket import DRIFT, FIRST, RARE, WAIT, Bucket, bounds, counted, shares
from .samples import (
    AHEAD, CHANGED, DAYS, GUESSED, LATE, LENGTHS, MONTHS, PARTIAL, QUARTERS, TENS, UNSET, fitting, packed,
)  # fmt: skip

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Silence is a gap from this long on (s), and from three periods of the telegrams on where that is longer.
_GAP = const(10)
# After a restart the energy that was summed from power may be ahead of the counter by this, Wh.
_AHEAD = const(5000)


class History:
    """Records the readings of the bus's topic 'meter'. replay.restored() makes it.

    series  the Ring of each series, the finest first
    region  the flash.Region in which clocksteps.py keeps its entries
    price   function: start of a quarter, s since 2020 -> (10^-6 minor units per kWh or None, currency); or None
    """

    def __init__(self, series, region, clock, price):
        self.series = series
        self.region = region
        self.buckets = [Bucket() for _ in range(4)]
        self.clock = clock
        self.errors = 0  # samples that the flash refused
        self.error = None
        self.t = None  # time of the last reading, s since 2020; None before the very first
        self.counters = [None, None]  # import and export at t, Wh; None where no counter is known
        self.guessed = False  # t comes from a clock that nothing has set
        self.run = None  # numbers of this run's first samples, see clocksteps.py
        self.meter = 0  # CRC-32 of the last known meter's number
        self.zone = clock.zone
        self.up = None  # uptime of the last reading, s; None: before the first since the start
        self.edge = None  # an Edge while quarter, day and month wait for the counters of their edge
        self.added = [_AHEAD, _AHEAD]  # Wh summed from power since the last counter
        self.ahead = [0, 0]  # the part of it by which self.counters are ahead of the meter's, Wh
        self.hole = False  # there was a gap since the last counter
        self.said = None  # uptime at the last counter, s
        self.every = LENGTHS[DAYS]  # the shortest time from one counter to the next so far, s
        self._price = price
        self._quoted = None, None
        self._counted = self._meters = 0
        self._id = None
        self._rest = [0, 0]  # Ws that are not yet a Wh
        self._wrote = False

    # Lives as long as the application.
    async def record(self, bus, report):
        """Record every reading, and erase flash in between; never returns. report(health, error): the flash refuses."""
        mailbox = bus.subscribe("meter")
        errors = 0
        try:
            while True:
                _, live = await mailbox.get()
                self.take(live)
                self.tidy()
                if errors != self.errors:
                    errors = self.errors
                    report("degraded", self.error)
        finally:
            mailbox.close()

    def tidy(self):
        """Erase the sectors that are needed soon, if a sample was written since the last call."""
        if self._wrote:
            self._wrote = False
            for ring in self.series:
                try:
                    ring.prepare(AHEAD)
                except OSError as error:
                    self.refused(error)

    def take(self, live):
        """Record a reading (meter.live.Live) that has just come. A flash that refuses is counted in `errors`."""
        up = self.clock.uptime_ms() // 1000
        t = self._now(self.clock.utc(), up)
        before = self.t
        span = t - before
        gap = span > max(_GAP, 3 * live.period_ms // 1000) or self.up is None
        changed = self._changed(live)
        fresh = live.counted != self._counted
        edge = self.edge
        if edge and (gap or changed or t > edge.t + WAIT):
            edge.release()
            edge = None
        if not edge and t >= self.buckets[QUARTERS].end and not gap and not changed and self.counters[0] is not None:
            if self.said is None or up - self.said > RARE:
                from .edge import begun

                edge = begun(self, t, up, fresh)
        # All that could fail for want of memory is above: from here on the state changes.
        self._counted = live.counted
        energy, late, after = [0, 0], [0, 0], [None, None]
        for way in range(2):
            number = live.get(IMPORT_ENERGY + way) if fresh and not edge else None
            power = 0 if gap else (live.get(IMPORT_POWER + way) or 0)
            energy[way], late[way], after[way] = self._energy(way, number, power * span, changed)
            if number is not None and after[way] == number < (self.counters[way] or 0):
                changed = True  # the counter has started again
        if gap:
            self.mark(PARTIAL)
        self.advance(TENS, before, t, energy)
        if edge:
            edge.wait(before, span, energy)
            if fresh:
                late = edge.settle(live, after)
        else:
            self.advance(QUARTERS, before, t, energy)
            energy[0] += late[0]
            energy[1] += late[1]
            self.advance(DAYS, before, t, energy)
            self.advance(MONTHS, before, t, energy)
        if fresh:
            self.hole = False
            if self.said is not None:
                self.every = min(self.every, up - self.said)
            self.said = up
        elif gap:
            self.hole = True
        self.mark(PARTIAL if gap else 0, t)
        uncounted = after[0] is None and after[1] is None
        self.mark((CHANGED if changed else 0) | (UNSET if self.guessed else 0) | (PARTIAL if uncounted else 0))
        self.buckets[TENS].f |= (LATE if late[0] or late[1] else 0) | (GUESSED if self.guessed else 0)
        self.counters = after
        self.t = t
        self.up = up
        if edge and fresh:
            edge.release()
        self.buckets[TENS].read(live)

    def _now(self, utc, up):
        """The time of a reading, s since 2020, never before the last one's. utc: what the clock says; up: uptime, s."""
        known = utc is not None and utc > FIRST
        t = self.t
        if self.up is not None:
            t += up - self.up
        if self.up is None or self.zone is not self.clock.zone or known and (
            self.guessed or not -DRIFT <= utc - t <= DRIFT
        ):
            from .clocksteps import now

            return now(self, utc if known else None, up)
        return max(utc, self.t) if known else t

    def mark(self, flags, since=None):
        """Set flags of all buckets, or only of those that began before `since`."""
        if flags:
            for bucket in self.buckets:
                if since is None or bucket.t < since:
                    bucket.f |= flags

    def _changed(self, live):
        """True where this reading is from another meter than the one before."""
        changed = live.meters != self._meters
        number = live.raw(METER_ID)
        if number and number is not self._id:
            from .clocksteps import another

            changed = another(self, crc32(number) or 1) or changed
            self._id = number
        self._meters = live.meters
        return changed

    def _energy(self, way, number, watt_seconds, changed):
        """(Wh since the last reading, late Wh of the time before it, counter now in Wh or None).

        way            0 import, 1 export
        number         the meter's counter, Wh, None where this telegram has none
        watt_seconds   power times the time since the last reading
        changed        this is another meter than before
        """
        before = self.counters[way]
        watt_seconds += self._rest[way]
        more = watt_seconds // 3600
        self._rest[way] = watt_seconds % 3600
        if changed:
            self._rest[way] = self.ahead[way] = 0
            before = None
            more = 0
        if number is None:
            held = min(more, self.ahead[way])
            self.ahead[way] -= held
            more -= held
            self.added[way] += more
            return more, 0, None if before is None else before + more
        added, self.added[way], self.ahead[way] = self.added[way], 0, 0
        if before is None:
            return more, 0, number
        self._rest[way] = 0
        wh = number - before
        if wh >= 0:
            late = wh - min(wh, more) if self.hole else 0
            return wh - late, late, number
        if -wh <= added:  # the sum from power was too high: hold until the counter has caught up
            self.added[way] = self.ahead[way] = -wh
            return 0, 0, before
        return 0, 0, number

    def bounds(self, kind, t):
        """(start, end) of the bucket of a series that t is in, s since 2020, in the clock's zone."""
        return bounds(kind, self.clock.zone, t)

    def open(self, kind, t):
        """Begin the bucket of a series that t is in."""
        start, end = self.bounds(kind, t)
        self.buckets[kind].open(start, end)
        if kind == QUARTERS and self._price:
            self._quoted = self._price(start)

    def advance(self, kind, before, t, energy):
        """Add an energy ([Wh, Wh]) that flowed from `before` to t; at the bucket's end, share it with the next one."""
        bucket = self.buckets[kind]
        a, b = energy
        if t < bucket.end:
            bucket.a += a
            bucket.b += b
            return
        span = t - before
        part = max(0, bucket.end - before)
        more = shares(energy, part, span)
        bucket.a += more[0]
        bucket.b += more[1]
        self._close(kind, more)
        self.open(kind, t)
        more = shares(energy, max(0, bucket.t - before), span)
        bucket.a = a - more[0]
        bucket.b = b - more[1]

    def _close(self, kind, more):
        """Write the sample of a bucket that is over, and fold it. more: [Wh, Wh] from self.counters to its end."""
        bucket = self.buckets[kind]
        values = bucket.sample(kind)
        if not values[2]:
            return  # no reading, no sample
        edge = self.edge
        if kind == TENS and edge:
            edge.folds.append(values[:14])
        elif kind < MONTHS:
            self.buckets[kind + 1].fold(values)
        counted(values, self.counters, more)
        if kind == TENS:
            values += (min(bucket.a, 0xFFFF), min(bucket.b, 0xFFFF))
        else:
            values.append((edge.after if edge and kind == QUARTERS else self.series[kind - 1].next) & 0xFF)
            if kind == QUARTERS:
                values += self.quote()
        fitting(kind, values)
        self._wrote = True
        try:
            self.series[kind].append(*values)
        except OSError as error:
            self.refused(error)

    def quote(self):
        """The price of the present quarter as the last three values of its sample, see samples.packed()."""
        if self._price and self._quoted[0] is None:
            self._quoted = self._price(self.buckets[QUARTERS].t)
        return packed(*self._quoted)

    def refused(self, error):
        """Count an OSError of the flash, and keep its text for the report."""
        self.errors += 1
        self.error = "flash: %s" % error

    def flush(self):
        """Write the present 10-second bucket, flagged as partial, as the reader stops."""
        bucket = self.buckets[TENS]
        if bucket.count:
            bucket.f |= PARTIAL
            self._close(TENS, (0, 0))
            bucket.open(bucket.t, bucket.end)
