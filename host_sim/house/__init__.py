"""A house behind the meter: the power in each phase in every second, and exact counters.

Everything follows from the seed and the time, so two runs over the same seconds agree to the watt, on both
interpreters. Power is constant within a second of UTC. The counters are the exact sum over the seconds; within each
second the three phases are netted, as the simulated meters do it.
"""

from host_sim.house import grid
from host_sim.house.demand import Demand
from host_sim.house.localtime import local, weekday

_SLOT = 10  # s; thermostats, clouds and people change nothing faster than this
_DAY = 86400
_EXACT = 6 * 3600  # s; a longer gap is not counted second by second


def noise(seed, key):
    """0..65535, the same on both interpreters for the same arguments (a simple integer hash)."""
    x = (key * 0x9E3779B1 + seed * 0x85EBCA6B) & 0xFFFFFFFF
    x = ((x ^ (x >> 15)) * 0x2C1B3C6D) & 0xFFFFFFFF
    x = ((x ^ (x >> 12)) * 0x297A2D39) & 0xFFFFFFFF
    return (x ^ (x >> 15)) & 0xFFFF


def _smooth(seed, time_s, step_s):
    """Noise, 0..65535, that goes in a straight line from one value to the next within step_s seconds."""
    at, part = time_s // step_s, time_s % step_s
    here = noise(seed, at)
    return here + (noise(seed, at + 1) - here) * part // step_s


def isqrt(n):
    """The integer square root, rounded down (Newton; MicroPython's math has none)."""
    if n < 2:
        return n
    x = 1 << ((_bits(n) + 1) // 2)
    while True:
        y = (x + n // x) // 2
        if y >= x:
            return x
        x = y


def _bits(n):
    bits = 0
    while n:
        n >>= 1
        bits += 1
    return bits


class State:
    """What a meter sees at one moment. Power and counters are those of the second that utc_ms lies in.

    utc_ms   Unix milliseconds
    clock    local time: (year, month, day, weekday 1..7, hour, minute, second, summer)
    p, q     W and var of each phase, > 0 into the house, < 0 out of it (q: inductive > 0)
    u, i     0.1 V and mA of each phase, i without sign
    wh       [import, export] in whole Wh
    varh     [import, export] in whole varh
    tariffs  [[import, export] of the low tariff, [import, export] of the normal one] in whole Wh
    tariff   1 low, 2 normal
    demand   (W of the running quarter so far, this month's peak, the months before) as in host_sim.house.demand
    """

    def __init__(self, utc_ms, clock, p, q, u, i, wh, varh, tariffs, tariff=2, demand=(0, None, ())):
        self.utc_ms = utc_ms
        self.clock = clock
        self.p = p
        self.q = q
        self.u = u
        self.i = i
        self.wh = wh
        self.varh = varh
        self.tariffs = tariffs
        self.tariff = tariff
        self.demand = demand

    def net(self):
        """(import W, export W, import var, export var), netted over the phases."""
        p, q = sum(self.p), sum(self.q)
        return max(p, 0), max(-p, 0), max(q, 0), max(-q, 0)


class House:
    """A house with three phases of 230 V and 25 A, a sauna, an electric car and 6 kW of solar panels.

    utc_s     Unix seconds at which it begins to count
    zone_min  offset of local time from UTC in winter, minutes
    saved     result of save(), None for a new house
    """

    FIRST = (12345678, 2345678, 345678, 3456789)  # Wh in, Wh out, varh in, varh out: a meter some years old

    def __init__(self, utc_s, seed=1, zone_min=60, saved=None):
        self.seed = seed
        self.zone_min = zone_min
        self.time = utc_s
        self.sums = [wh * 3600 for wh in self.FIRST]  # Ws and vars
        # The part of sums[:2] in the low tariff. As in a meter, each Wh is of the tariff in which it became whole, so
        # that no counter of a tariff ever goes back, and both add up to the total.
        self.low = [self.sums[0] * 2 // 5, self.sums[1] // 5]
        self.demand = Demand(utc_s, self.sums[0], zone_min)
        self._slot = None
        self._base = None
        if saved:
            self._restore(saved, utc_s)

    def save(self):
        """The counters as plain lists and integers, for `saved`."""
        return {"time": self.time, "sums": list(self.sums), "low": list(self.low), "demand": self.demand.save()}

    def replace(self, utc_s, wh):
        """Count on from utc_s with a new meter. wh: its counters, as in FIRST."""
        self.time = utc_s
        self.sums = [number * 3600 for number in wh]
        self.low = [0, 0]
        self.demand = Demand(utc_s, self.sums[0], self.zone_min)

    def _restore(self, saved, utc_s):
        self.sums, self.low = list(saved["sums"]), list(saved["low"])
        self.demand = Demand(saved["time"], self.sums[0], self.zone_min, saved.get("demand"))
        # The meter went on counting while the simulator was off. Counting a month second by second would take
        # minutes, so a long gap is counted in strides.
        time = saved["time"]
        self.time = min(time, utc_s)
        if time > utc_s:
            self.demand.begin(utc_s, self.sums[0])
        if utc_s - time > _EXACT:
            stride = max(60, (utc_s - time) // 5000)
            while self.time + stride <= utc_s:
                self.stride(self.time + stride)
        self.advance(utc_s)

    def stride(self, utc_s):
        """Count up to utc_s in one step, with the power of the first second for all of them."""
        first = self.time
        while self.time < utc_s:
            until = min(utc_s, self.demand.end)
            self._count(first, until - self.time)
            self._reach(until)

    def advance(self, utc_s):
        """Count every second before utc_s; never backwards."""
        while self.time < utc_s:
            until = min(utc_s, self.demand.end)
            for second in range(self.time, until):
                self._count(second, 1)
            self._reach(until)

    def _reach(self, utc_s):
        self.time = utc_s
        if utc_s == self.demand.end:
            self.demand.close(self.sums[0])

    def _count(self, time, seconds):
        p, q, low = self._powers(time)
        total, reactive = sum(p), sum(q)
        way = 0 if total > 0 else 1
        before = self.sums[way]
        self.sums[way] += abs(total) * seconds
        if low:
            self.low[way] += (self.sums[way] // 3600 - before // 3600) * 3600
        self.sums[2 if reactive > 0 else 3] += abs(reactive) * seconds

    def state(self, utc_ms):
        """The State at utc_ms; counts up to its second."""
        second = utc_ms // 1000
        self.advance(second)
        p, q, low = self._powers(second)
        u = [2312 - w * 3 // 1000 + noise(self.seed + 50 + n, second // 3) % 9 for n, w in enumerate(p)]
        if grid.failing(second):
            u[grid.PHASE] = 0
        i = [isqrt(p[n] * p[n] + q[n] * q[n]) * 10000 // u[n] if u[n] else 0 for n in range(3)]
        wh = [s // 3600 for s in self.sums]
        low_wh = [s // 3600 for s in self.low]
        tariffs = [low_wh, [wh[0] - low_wh[0], wh[1] - low_wh[1]]]
        clock = local(second, self.zone_min)
        demand = self.demand.running(self.sums[0]), self.demand.peak, self.demand.months
        return State(utc_ms, clock, p, q, u, i, wh[:2], wh[2:], tariffs, 1 if low else 2, demand)

    def _powers(self, time):
        """([W] * 3, [var] * 3, low tariff) of one second."""
        slot = time // _SLOT
        if slot != self._slot:
            self._slot = slot
            self._base = self._loads(slot * _SLOT)
        p, q, low = self._base
        jitter = noise(self.seed + 7, time)
        p = [p[0] + jitter % 7, p[1] + (jitter >> 4) % 5, p[2] + (jitter >> 8) % 9]
        if grid.failing(time):
            p[grid.PHASE], q = 0, [0 if n == grid.PHASE else w for n, w in enumerate(q)]
        return p, q, low

    def _loads(self, time):
        seed = self.seed
        wall = time + self.zone_min * 60 + (3600 if local(time, 0)[7] else 0)
        day, second = wall // _DAY, wall % _DAY
        today = noise(seed + 1, day)  # what is special about this day
        week = weekday(day)
        p = [70 + _smooth(seed + 2, time, 300) // 700, 45 + _smooth(seed + 3, time, 500) // 900, 55]
        q = [-38, -61, -44]  # filters and cables
        # A fridge and a freezer, at any time of the day.
        if time % 2580 < 960:
            p[0] += 88
            q[0] += 52
        if time % 3320 < 1210:
            p[1] += 112
            q[1] += 71
        # A heat pump with an inverter on L3, which rests for a few minutes when it is warm enough.
        heat = _smooth(seed + 4, time, 900)
        if heat > 14000:
            p[2] += 380 + heat // 40
            q[2] += 60 + heat // 500
        if 21600 <= second < 30600 or 57600 <= second < 82800:  # people are up: lights, screens
            p[0] += 120 + _smooth(seed + 5, time, 240) // 300
            p[1] += 60
        if 23700 <= second < 24300:  # coffee
            p[0] += 1150
        if 62400 + today % 1800 <= second < 65700 and time % 150 < 95:  # oven, on its thermostat
            p[1] += 2350
        if week in (3, 6) and 68400 <= second < 73800:  # sauna on Wednesday and Saturday, three phases
            if second < 70500 or time % 420 < 260:
                p = [w + 2000 for w in p]
        # The car: three phases of 16 A from half past midnight until it is charged for the day's kilometres.
        if 1800 <= second < 1800 + 3600 + today % 10800:
            p = [w + 3650 + n * 11 for n, w in enumerate(p)]
            q = [w - 90 for w in q]
        sun = self._sun(time, day, second, today)
        p = [w - sun // 3 for w in p]
        # Cheap hours as in the Netherlands: nights and weekends (DSMR 5.0.2, tariff indicator 1).
        return p, q, week > 5 or second < 25200 or second >= 82800

    def _sun(self, time, day, second, today):
        """W from the solar panels: a parabola from sunrise to sunset, dimmed by clouds."""
        year = (day + 10) % 365  # from the winter solstice
        half = 11500 + (182 - abs(182 - year)) * 90  # s from noon to sunset: 3.2 to 7.7 hours
        noon = 46800
        off = abs(second - noon)
        if off >= half:
            return 0
        peak = 1500 + (182 - abs(182 - year)) * 25
        clear = peak * (half * half - off * off) // (half * half)
        # A whole day is bright, mixed or dull; single clouds pass in minutes.
        cloud = _smooth(self.seed + 6, time, 180)
        shade = cloud * (today % 3) // 3
        return clear * (65536 - shade) // 65536
