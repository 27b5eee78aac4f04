"""Recording: readings become samples of 10 s, 15 min, a local day and a local month.

A reading belongs to the bucket that its time is in; the energy since the reading before is shared
out in proportion to time where an edge lies between them. So a missing hour is spread over what was
missing, a bucket without readings is left out, and all sums are differences of the meter's counters.
Where counters come rarely, power is added up in between and the counter sets it right again; what
flowed while neither was heard goes to the day and the month alone. Where none come, power is all.
Lists that come once an hour tell the counters of the full hour, seconds after it: the quarter, day
and month that ended then are written when the list has come, so that they end with its counters.

Time is the clock's. Before anybody has set that, and when it steps, see clocksteps.py.
"""
from array import array
from asyncio import sleep
from binascii import crc32

from ..meter.obis import IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT
from ..meter.reading import METER_ID
from .clocksteps import ClockSteps, shifted, start_near
from .samples import (
    CHANGED,
    DAYS,
    GUESSED,
    LATE,
    LENGTHS,
    MONTHS,
    NO_COUNTER,
    NO_CURRENT,
    PARTIAL,
    QUARTERS,
    TENS,
    UNSET,
    Samples,
    pack_price,
)

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# A clock that is off by so much has been set, s; less is drift, which only must not run backwards.
_DRIFT = const(30)
# Without any idea of the time it is this, s: a time no clock that was ever set shows.
_FIRST = const(2678400)
# Silence of so many periods, but at least so long, is a gap, s.
_GAP = const(10)
# By so much may the power added up be ahead of the counter after a restart, Wh.
_AHEAD = const(5000)
# Counters that come less often than this, s, are those of the edge of a bucket that they come so soon after.
_RARE = const(300)
_WAIT = const(30)
_MOST_CURRENT = const(32767)


class Bucket:
    """What is known so far of the time from t to end (s)."""

    def __init__(self):
        # 10 mA of three phases: minimum, sum, maximum, and the weight of the sum.
        self.currents = array("q", bytes(96))
        self.open(0, 0)

    def open(self, t, end):
        """Begin anew."""
        self.t = t
        self.end = end
        self.f = self.w = self.a = self.b = 0
        self.count = self.p = self.q = 0  # readings of 10 s, and their powers added up, W
        for i in range(3):
            self.currents[i] = _MOST_CURRENT
            self.currents[3 + i] = self.currents[9 + i] = 0
            self.currents[6 + i] = NO_CURRENT

    def add(self, phase, low, average, high, weight):
        """Currents of a phase, 10 mA; weight: of the average among others."""
        c = self.currents
        if low < c[phase]:
            c[phase] = low
        if high > c[6 + phase]:
            c[6 + phase] = high
        c[3 + phase] += average * weight
        c[9 + phase] += weight

    def fold(self, sample):
        """Take over a finer sample, but for its energies."""
        self.f |= sample[1] & (PARTIAL | UNSET | CHANGED)
        self.w += sample[2]
        for i in range(3):
            if sample[8 + i] != NO_CURRENT:
                self.add(i, sample[5 + i], sample[8 + i], sample[11 + i], sample[2])

    def sample(self, kind):
        """The first 14 values of a sample."""
        values = [self.t, self.f & 0xFF, min(self.w, 0xFFFF), self.a, self.b]
        if kind == TENS:
            n = self.count or 1
            values[2:] = [1 if self.count else 0, (self.p + n // 2) // n, (self.q + n // 2) // n]
        c = self.currents
        for i in range(9):
            weight = c[9 + i % 3]
            if not weight:
                values.append(NO_CURRENT)
            elif 3 <= i < 6:
                values.append((c[i] + weight // 2) // weight)
            else:
                values.append(c[i])
        return values


class History:
    """Records the readings of `bus` topic 'meter' in a partition.

    region  of two sectors, for the clock's steps (clocksteps.py)
    price   utc -> (10^-6 minor units per kWh or None, currency), of the quarter that starts then
    """

    def __init__(self, partition, region, clock, price=None):
        self.series = [Samples(partition, kind) for kind in (TENS, QUARTERS, DAYS, MONTHS)]
        self.steps = ClockSteps(region)
        self.buckets = [Bucket() for _ in range(4)]
        self.clock = clock
        self.errors = 0  # samples that the flash refused
        self.error = None
        self.t = None  # of the last reading, s; None before the very first
        self.counters = [None, None]  # import and export at t, Wh; None where no counter is known
        self.guessed = False  # t is on a clock that nobody has set
        self._price = price
        self._quoted = None, None
        self._zone = None
        self._up = None  # uptime of the last reading, s; None: before the first since the start
        self._counted = 0
        self._meters = 0
        self._id = None
        self._rest = [0, 0]  # Ws that are not yet a Wh
        self._added = [_AHEAD, _AHEAD]  # Wh added up from power since the counter
        self._ahead = [0, 0]  # of them, what the counter has yet to catch up with
        self._hole = False  # neither power nor counter came for a while, since the last counter
        self._wrote = False
        self._said = None  # uptime of the last counter, s
        self._every = LENGTHS[DAYS]  # s from one counter to the next, at least
        # While quarter, day and month wait for the counter at their edge:
        self.edge = None  # where that is, s
        self._since = [0, 0]  # Wh since then
        self._after = None  # number of the first 10 s after it
        self._folds = []  # samples of 10 s since then

    # Lives as long as the application.
    async def run(self, bus, report):
        """Record for ever; report(health, error) where the flash refuses. Erasing happens here."""
        mailbox = bus.subscribe("meter")
        errors = 0
        try:
            while True:
                _, live = await mailbox.get()
                self.take(live)
                while self.tidy():
                    await sleep(0)
                if errors != self.errors:
                    errors = self.errors
                    report("degraded", self.error)
        finally:
            mailbox.close()

    def tidy(self):
        """Erase one sector, if one is needed soon; True where there may be more to do."""
        if self._wrote:
            self._wrote = False
            for samples in self.series:
                try:
                    samples.prepare()
                except OSError as error:
                    self._refused(error)
        return self._wrote

    def take(self, live):
        """Record a reading that has just come."""
        up = self.clock.uptime_ms() // 1000
        t = self._now(self.clock.utc(), up)
        if self.clock.zone is not self._zone:
            self._zone = self.clock.zone  # a day that has begun goes on to the next midnight there
            for kind in (DAYS, MONTHS):
                self.buckets[kind].end = self.end(kind, self.t)
        before = self.t
        span = t - before
        gap = span > max(_GAP, 3 * live.period_ms // 1000) or self._up is None
        changed = self._changed(live)
        fresh = live.counted != self._counted
        self._counted = live.counted
        if self.edge is not None and (gap or changed or t > self.edge + _WAIT):
            self._release()
        edge = self.edge
        if edge is None and self._waits(t, up, fresh) and not gap and not changed:
            edge = self.buckets[QUARTERS].end
        energy, late, after = [0, 0], [0, 0], [None, None]
        for way in range(2):
            number = live.get(IMPORT_ENERGY + way) if fresh and edge is None else None
            power = 0 if gap else (live.get(IMPORT_POWER + way) or 0)
            energy[way], late[way], after[way] = self._energy(way, number, power * span, changed)
            if number is not None and after[way] == number < (self.counters[way] or 0):
                changed = True  # counts from a new beginning
        self._mark(PARTIAL if gap else 0)
        self.advance(TENS, before, t, energy)
        if edge is None:
            self.advance(QUARTERS, before, t, energy)
            energy[0] += late[0]
            energy[1] += late[1]
            self.advance(DAYS, before, t, energy)
            self.advance(MONTHS, before, t, energy)
        else:
            self._wait(edge, before, span, energy)
            if fresh:
                late = self._settle(live, after)
        if fresh:
            self._hole = False
            if self._said is not None:
                self._every = min(self._every, up - self._said)
            self._said = up
        elif gap:
            self._hole = True
        self._mark(PARTIAL if gap else 0, t)
        self._mark((CHANGED if changed else 0) | (UNSET if self.guessed else 0) | (PARTIAL if after[0] is None else 0))
        self.buckets[TENS].f |= (LATE if late[0] or late[1] else 0) | (GUESSED if self.guessed else 0)
        self.counters = after
        self.t = t
        self._up = up
        if edge is not None and fresh:
            self._release()
        self._read(live)

    def _waits(self, t, up, fresh):
        """True where a quarter has just ended whose counter comes soon, or with this reading."""
        end = self.buckets[QUARTERS].end
        if not end <= t <= end + _WAIT or self.counters[0] is None:
            return False
        since = _MOST_CURRENT if self._said is None else up - self._said
        return since > (_RARE if fresh or self._said is None else max(_RARE, self._every - 2 * _WAIT))

    def _wait(self, edge, before, span, energy):
        """Energy that flowed since `before`: to the edge into the buckets, the rest is put by."""
        more = energy
        if self.edge is None:
            self.edge = edge
            self._since = [0, 0]
            self._after = self.series[TENS].next
            share = self._shares(energy, edge - before, span)
            for kind in (QUARTERS, DAYS, MONTHS):
                self.buckets[kind].a += share[0]
                self.buckets[kind].b += share[1]
            more = energy[0] - share[0], energy[1] - share[1]
        self._since[0] += more[0]
        self._since[1] += more[1]

    def _settle(self, live, after):
        """The counters at the edge have come: buckets get what power said too little; what of it is late."""
        late = [0, 0]
        for way in range(2):
            number = live.get(IMPORT_ENERGY + way)
            if number is None or after[way] is None:
                continue
            wh = number + self._since[way] - after[way]
            after[way] += wh
            self._added[way] = self._ahead[way] = 0
            if self._hole and wh > 0:
                late[way] = wh
            for kind in range(DAYS if late[way] else QUARTERS, 4):
                bucket = self.buckets[kind]
                if way:
                    bucket.b = max(0, bucket.b + wh)
                else:
                    bucket.a = max(0, bucket.a + wh)
        return late

    def _release(self):
        """Write what waited, go on with what flowed since."""
        edge, self.edge = self.edge, None
        now = self.counters
        self.counters = [None if number is None else number - self._since[way] for way, number in enumerate(now)]
        for kind in (QUARTERS, DAYS, MONTHS):
            self.advance(kind, edge, self.t, self._since)
        self._after = None
        self.counters = now
        for sample in self._folds:
            self.buckets[QUARTERS].fold(sample)
        self._folds = []

    def _read(self, live):
        bucket = self.buckets[TENS]
        bucket.count += 1
        bucket.p += live.get(IMPORT_POWER) or 0
        bucket.q += live.get(IMPORT_POWER + 1) or 0
        for i in range(3):
            number = live.get(L1_CURRENT + i)
            if number is not None:
                number = max(-_MOST_CURRENT, min(_MOST_CURRENT, (number + 5) // 10))
                bucket.add(i, number, number, number, 1)

    def _mark(self, flags, since=None):
        """Set flags of all buckets, or of those that have begun before `since`."""
        if flags:
            for bucket in self.buckets:
                if since is None or bucket.t < since:
                    bucket.f |= flags

    def _now(self, utc, up):
        """The time of a reading, s; sees to steps of the clock and begins a run."""
        first = self._up is None
        known = utc is not None and utc > _FIRST
        begins = first and (known or not self.guessed)
        if self.t is None:
            begins = True
            self.t = utc if known else _FIRST
            for kind in range(4):
                self.open(kind, self.t)
        t = self.t if first else self.t + up - self._up
        if known:
            late = utc - t
            # Later than the last sample is where the reader was off, unless that was a guess.
            if late < -_DRIFT or late > _DRIFT and (self.guessed or not first):
                self._step(late)
            self.guessed = False
            self.buckets[TENS].f &= ~GUESSED
            t = max(utc, self.t)
        elif first:
            self.guessed = True
        if begins:
            self.steps.run = self._ends()
            self._note(0)
        return t

    def _step(self, seconds):
        """The clock was wrong: all since the start of the run was so much later."""
        if self.edge is not None:
            self._release()
        self._reach(seconds)
        self._note(seconds)
        self.t += seconds
        for kind in range(4):
            bucket = self.buckets[kind]
            bucket.t = start_near(kind, bucket.t + seconds, self.clock.zone)
            bucket.end = self.end(kind, bucket.t)
            bucket.f |= UNSET

    def _reach(self, seconds):
        """Add to the run those before it that it would reach into."""
        steps = self.steps
        run = steps.run
        while run:
            steps.run = run
            for kind in (TENS, QUARTERS, DAYS):  # the finest that goes back so far
                first = self._dated(kind, run[kind])
                last = self._dated(kind, run[kind] - 1)
                if first is not None and last is not None:
                    break
            if first is None or last is None or first + seconds >= last:
                break
            run = steps.before(run)

    def _dated(self, kind, number):
        if number == self.series[kind].next:
            return self.buckets[kind].t
        sample = self.series[kind].read(number)
        return sample and sample[0] + shifted(number, self.steps.moves(kind))

    def _note(self, seconds):
        try:
            self.steps.add(seconds, self._ends())
        except OSError as error:
            self._refused(error)

    def _ends(self):
        return [samples.next for samples in self.series]

    def _changed(self, live):
        """Whether this reading is another meter's than the one before."""
        changed = live.meters != self._meters
        self._meters = live.meters
        number = live.raw(METER_ID)
        if number and number is not self._id:
            self._id = number
            crc = crc32(number) or 1
            if crc != self.steps.meter:
                changed = changed or self.steps.meter != 0
                self.steps.meter = crc
                self._note(0)
        return changed

    def _energy(self, way, number, watt_seconds, changed):
        """(Wh since the last reading, Wh of a time before that, counter now).

        number: the counter, None where this telegram has none; watt_seconds: power times time since.
        """
        before = self.counters[way]
        watt_seconds += self._rest[way]
        more = watt_seconds // 3600
        self._rest[way] = watt_seconds % 3600
        if changed:
            self._rest[way] = self._ahead[way] = 0
            before = None
            more = 0
        if number is None:
            held = min(more, self._ahead[way])
            self._ahead[way] -= held
            more -= held
            self._added[way] += more
            return more, 0, None if before is None else before + more
        added, self._added[way], self._ahead[way] = self._added[way], 0, 0
        if before is None:
            return more, 0, number
        self._rest[way] = 0
        wh = number - before
        if wh >= 0:
            late = wh - min(wh, more) if self._hole else 0
            return wh - late, late, number
        if -wh <= added:  # what was added up was too much: wait for the counter
            self._added[way] = self._ahead[way] = -wh
            return 0, 0, before
        return 0, 0, number

    def start(self, kind, t):
        """Start of the bucket that t is in."""
        if kind < DAYS:
            return t - t % LENGTHS[kind]
        return self.clock.zone.day_start(t) if kind == DAYS else self.clock.zone.month_start(t)

    def end(self, kind, t):
        """End of the bucket that t is in."""
        if kind < DAYS:
            return t - t % LENGTHS[kind] + LENGTHS[kind]
        return self.clock.zone.next_day(t) if kind == DAYS else self.clock.zone.next_month(t)

    def open(self, kind, t):
        """Begin the bucket that t is in."""
        start = self.start(kind, t)
        self.buckets[kind].open(start, self.end(kind, t))
        if kind == QUARTERS and self._price:
            self._quoted = self._price(start)

    def advance(self, kind, before, t, energy):
        """Energy ([Wh, Wh]) has flowed from `before` to t; the bucket ends there where t has reached its end."""
        bucket = self.buckets[kind]
        a, b = energy
        if t < bucket.end:
            bucket.a += a
            bucket.b += b
            return
        span = t - before
        part = max(0, bucket.end - before)
        more = self._shares(energy, part, span)
        bucket.a += more[0]
        bucket.b += more[1]
        self._close(kind, more)
        self.open(kind, t)
        more = self._shares(energy, max(0, bucket.t - before), span)
        bucket.a = a - more[0]
        bucket.b = b - more[1]

    def _shares(self, energy, part, span):
        if part >= span:
            return energy if span else (0, 0)
        return energy[0] * part // span, energy[1] * part // span

    def _close(self, kind, more):
        """Write the sample of a bucket that is over, `more` Wh after self.counters, and fold it."""
        bucket = self.buckets[kind]
        values = bucket.sample(kind)
        if not values[2]:
            return  # no reading, no sample
        if kind == TENS and self.edge is not None:
            self._folds.append(values[:14])
        elif kind < MONTHS:
            self.buckets[kind + 1].fold(values)
        for part in (0, 32):
            for way in range(2):
                number = self.counters[way]
                if number is None:
                    values.append(NO_COUNTER if part else 0)
                else:
                    values.append(number + more[way] >> part & (0xFF if part else 0xFFFFFFFF))
        if kind == TENS:
            values += (min(bucket.a, 0xFFFF), min(bucket.b, 0xFFFF))
        else:
            after = self._after if kind == QUARTERS else None
            values.append((self.series[kind - 1].next if after is None else after) & 0xFF)
            if kind == QUARTERS:
                values[3] = min(values[3], 0xFFFF)
                values[4] = min(values[4], 0xFFFF)
                values += self.quote()
        self._wrote = True
        try:
            self.series[kind].append(*values)
        except OSError as error:
            self._refused(error)

    def quote(self):
        """The price of the quarter that has begun, as a sample has it."""
        if self._price and self._quoted[0] is None:
            self._quoted = self._price(self.buckets[QUARTERS].t)
        return pack_price(*self._quoted)

    def _refused(self, error):
        self.errors += 1
        self.error = "flash: %s" % error

    def flush(self):
        """Write the 10 s that have begun: the reader stops."""
        bucket = self.buckets[TENS]
        if bucket.count:
            bucket.f |= PARTIAL
            self._close(TENS, (0, 0))
            bucket.open(bucket.t, bucket.end)
