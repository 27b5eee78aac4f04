"""The history of a meter's readings, whatever the meter, the clock and the power supply do."""

from han.store.series.clocksteps import moves
from han.store.ring import capacity
from han.store.series.samples import (
    AMPERES,
    CHANGED,
    DAYS,
    GUESSED,
    KILO,
    LATE,
    MONTHS,
    PARTIAL,
    QUARTERS,
    TENS,
    UNSET,
    counter,
    shares,
    used,
)  # fmt: skip
from tests.store.world import World, Zone
from tests.support import Random

HOUR = 3600
DAY = 86400
START = 200000000 // DAY * DAY - 7200
MIDNIGHT = START - HOUR  # in Helsinki, in May
_MORE = 128  # sectors that keep 3 hours of 10 s


def starts(samples):
    return [sample[0] for sample in samples]


def clean(samples):
    return [sample for sample in samples if not sample[1] & (PARTIAL | UNSET | CHANGED)]


def ascending(world):
    for kind in range(4):
        found = starts(world.samples(kind))
        assert found == sorted(set(found)), (kind, found)


def test_shares_of_a_partition_are_all_of_it_and_enough():
    for sectors in list(range(16, 130)) + [256, 512, 1024, 2048]:
        found = shares(sectors)
        at = 0
        for first, count in found:
            assert first == at and count >= 2
            at += count
        assert at == sectors
        tens, quarters, days, months = [count for _, count in found]
        assert (quarters - 1) * 77 - 8 >= 7 * 96, sectors
        assert (days - 1) * 78 - 8 >= 31 and (months - 1) * 78 - 8 >= 13
        if sectors >= 64:
            tens = used(tens)
            assert (tens - 1) * 75 - 8 >= 360
            # 20 years of 10 s, 100000 erasures. After each leap some slots at the beginning stay blank.
            assert 20 * 366 * 8640 // (75 * tens - 15) < 100000
        else:
            assert used(tens) == tens


def test_ten_seconds_quarters_and_flags():
    world = World(true=START + 95)
    world.run(HOUR, power=(1500, 0), current=(6000, 5004, -605))
    tens = world.samples(TENS)
    assert starts(tens) == list(range(START + 90, START + 95 + HOUR - 10, 10))
    assert tens[0][1] == PARTIAL and not any(sample[1] for sample in tens[1:])
    assert tens[5][2:5] == (1, 1500, 0)
    assert tens[5][5:14] == (600, 500, -60) * 3
    assert {sample[18] for sample in tens[1:]} == {4, 5}  # 1500 W for 10 s are 4.17 Wh
    quarters = world.samples(QUARTERS)
    assert starts(quarters) == list(range(START, START + HOUR, 900))
    assert [sample[1] for sample in quarters] == [PARTIAL, 0, 0, 0]
    assert [sample[3] for sample in quarters[1:]] == [375, 375, 375]
    assert [sample[2] for sample in quarters] == [81, 90, 90, 90]
    assert counter(quarters[3][14], quarters[3][16]) == 5000000000 + (HOUR - 95) * 1500 // HOUR


def test_minimum_average_maximum_and_a_phase_that_is_not_there():
    world = World(true=START)
    for n in range(901):
        world.read(current=(n % 10 * 1000, 3000 + (2000 if n == 450 else 0), None))
        world.off(1)
    tens, quarters = world.samples(TENS), world.samples(QUARTERS)
    assert tens[3][5:14] == (0, 300, -32768, 450, 300, -32768, 900, 300, -32768)
    assert quarters[0][5:14] == (0, 300, -32768, 450, 300, -32768, 900, 500, -32768)


def test_a_site_of_megawatts_and_kiloamperes():
    # 10 mA and Wh of 15 minutes have 16 bits in a record; beyond them it is whole amperes and kWh.
    world = World(true=START)
    for n in range(HOUR // 10 + 1):
        world.read((9700000, 0), (910000 + n % 3 * 1000, -15000260, 300))
        world.off(10, (9700000, 0))
        if n == 200:
            world.boot()
    tens, quarters = world.samples(TENS), world.samples(QUARTERS)
    assert tens[7][5:14] == (91100, -1500000, 0) * 3 and not any(sample[1] & ~PARTIAL for sample in tens + quarters)
    for sample in quarters:
        assert sample[5:8] == (91000, -1500000, 0) and sample[8] == 91100 and sample[11] == 91200
        assert abs(sample[3] - 2425000) <= 500, sample[3]
    day = world.history.buckets[DAYS]
    assert abs(day.a - 9700000) <= 30000 and abs(day.sample(DAYS)[6] + 1500000) < 100
    # Currents from just below to just above what fits.
    for number, want in (
        (327670, 32767), (327680, 32800), (-327670, -32767), (-327680, -32767), (-327690, -32800), (-400000, -40000),
    ):  # fmt: skip
        world = World(true=START)
        world.run(30, current=(number, None, 4000))
        assert world.samples(TENS)[1][5:8] == (want, -32768, 400)


def test_every_telegram_period_gives_the_same_energies():
    for period in (1, 10, 60):
        world = World(_MORE, true=START)
        world.read()
        world.run(2 * HOUR, period, (2400, 0))
        quarters = world.samples(QUARTERS)
        assert [sample[3] for sample in quarters] == [600] * 8, period
        assert [sample[1] for sample in quarters] == [PARTIAL] + [0] * 7, period  # the first reading's
        assert len(world.samples(TENS)) == 2 * HOUR // max(10, period)


def test_telegrams_every_two_and_a_half_seconds():
    world = World(true=START)
    world.read()
    for n in range(4 * HOUR // 10 * 2):
        for seconds in (2, 3):  # as whole seconds tell them
            world.off(seconds, (3600, 0))
            # Each fourth has counters, as Aidon's and Kamstrup's longer lists come every 10 s.
            world.read((3600, 0), counters=world.true % 10 == 0)
    quarters, tens = world.samples(QUARTERS), world.samples(TENS)
    assert [sample[3] for sample in quarters] == [900] * 16 and not any(sample[1] for sample in quarters[1:])
    assert [b[0] - a[0] for a, b in zip(tens, tens[1:])] == [10] * (len(tens) - 1)
    assert {sample[18] for sample in tens} == {10} and {sample[3] for sample in tens} == {3600}


def test_another_zone_and_restarts_keep_what_days_and_months_have():
    for winters in ((-36000,), (46800,), (0, -36000), (3600, 7200)):
        world = World(true=START)
        world.read()
        # To 19:00 of the last day of a month, which has ended already farther east.
        world.run(world.zone.next_month(START + 9 * DAY) - 5 * HOUR - START, 900)
        for winter in winters:
            world.zone = world.clock.zone = Zone(winter, False)
            world.read()
            for again in range(3):
                world.run(1800, 300)
                world.history.flush()
                world.boot()
                for kind in (DAYS, MONTHS):
                    energy = world.history.buckets[kind].a + sum([sample[3] for sample in world.samples(kind)])
                    assert energy == world.history.counters[0] - world.first[0], (winters, winter, again, kind)
                ascending(world)


def test_a_missing_hour_is_spread_and_never_doubles_the_next():
    world = World(true=START)
    world.run(HOUR + 300)
    world.off(HOUR)
    world.run(2 * HOUR)
    quarters = world.samples(QUARTERS)
    missing = starts(quarters)
    assert missing == [START + 900 * n for n in (0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16)][: len(missing)]
    assert {abs(sample[3] - 250) <= 1 for sample in quarters[1:]} == {True}
    assert [sample[1] for sample in quarters] == [2, 0, 0, 0, 2, 2] + [0] * (len(quarters) - 6)
    # The day has it all.
    world.off(0)
    day = world.history.buckets[DAYS]
    assert abs(day.a - (world.true - START) * 1000 // HOUR) <= 1


def test_counters_once_an_hour():
    world = World(true=START)
    world.read((0, 0))
    # The meter counts what its telegrams do not show: more in one hour, less in another.
    for power, shown in ((1000, 1000), (1000, 900), (1000, 1100), (500, 500), (0, 0)):
        for _ in range(HOUR // 10):
            world.off(10, (power, 0))
            world.read((shown, 0), counters=world.true % HOUR == 0)
    quarters = world.samples(QUARTERS)
    energies = [sample[3] for sample in quarters]
    # What power said too little or too much is put right where the hour ends, with the counter of its edge.
    assert energies == [250] * 4 + [225, 225, 225, 325] + [275, 275, 275, 175] + [125] * 4 + [0] * 4
    assert [sample[2] for sample in quarters] == [90] * 20
    ends = [counter(sample[14], sample[16]) - world.first[0] for sample in quarters[3::4]]
    assert ends == [1000, 2000, 3000, 3500, 3500]


class Hourly:
    """A meter whose list with counters comes `late` s after the hour it is of; its power is said wrongly."""

    def __init__(self, late, seed=3):
        self.world = World(true=MIDNIGHT)
        self.world.read()
        self.late = late
        self.marks = {}  # full hour -> counters
        self.random = Random(seed)
        self.lose = lambda true: False

    def run(self, seconds):
        world, late = self.world, self.late
        for _ in range(seconds // 10):
            power = self.random.below(9000), 0
            if world.true % DAY > 10 * HOUR:
                power = 0, self.random.below(3000)
            world.off(10, power)
            if world.true % HOUR == 0:
                self.marks[world.true] = world.counters()
            said = [watts * self.random.between(95, 103) // 100 for watts in power]
            full = world.true - world.true % HOUR
            if self.lose(world.true):
                continue
            if world.true % HOUR == late and full in self.marks:
                # The list tells what was at the hour.
                now, first = world.ws, world.first
                world.ws, world.first = [0, 0], self.marks[full]
                world.read(said)
                world.ws, world.first = now, first
            else:
                world.read(said, counters=False)

    def check(self, kind, first=0):
        """Every sample is the difference of the counters at its edges."""
        world = self.world
        found = world.samples(kind)[first:]
        for sample in found:
            end = world.zone.next_day(sample[0]) if kind == DAYS else world.zone.next_month(sample[0])
            wanted = [b - a for a, b in zip(self.marks[sample[0]], self.marks[end])]
            assert list(sample[3:5]) == wanted, (kind, sample, wanted)
            assert [counter(sample[14 + i], sample[16 + i]) for i in range(2)] == self.marks[end]
        return len(found)

    def hours(self):
        """Wh of each hour by its quarters, beside those by the counters."""
        found = {}
        for sample in self.world.samples(QUARTERS):
            hour = sample[0] // HOUR * HOUR
            sums = found.setdefault(hour, [0, 0, 0])
            for way in range(2):
                sums[way] += sample[3 + way]
            sums[2] += 1
        for hour, sums in found.items():
            if sums[2] == 4 and hour in self.marks and hour + HOUR in self.marks:
                yield hour, sums[:2], [b - a for a, b in zip(self.marks[hour], self.marks[hour + HOUR])]


def test_lists_once_an_hour_make_hours_days_and_months_equal_the_counters():
    for late in 0, 10, 20:
        meter = Hourly(late)
        meter.marks[MIDNIGHT] = meter.world.counters()
        meter.run(3 * DAY + 600)
        assert meter.check(DAYS) == 3
        checked = 0
        for hour, by_quarters, by_counters in meter.hours():
            assert by_quarters == by_counters, (late, (hour - MIDNIGHT) / HOUR)
            checked += 1
        assert checked == 72
        ascending(meter.world)


def test_an_hourly_list_that_is_lost_is_made_up_for_by_the_next():
    meter = Hourly(10)
    meter.marks[MIDNIGHT] = meter.world.counters()
    meter.lose = lambda true: true - MIDNIGHT in (5 * HOUR + 10, 30 * HOUR + 10)
    meter.run(2 * DAY + 600)
    assert meter.check(DAYS) == 2
    wrong = [(hour - MIDNIGHT) // HOUR for hour, said, wanted in meter.hours() if said != wanted]
    assert wrong == [4, 5, 29, 30]
    for hour, said, wanted in meter.hours():
        for way in range(2):
            assert abs(said[way] - wanted[way]) * 20 <= wanted[way] + 20, (hour - MIDNIGHT, said, wanted)


def test_restarts_of_a_reader_whose_meter_sends_counters_once_an_hour():
    # Also between the full hour and its list.
    for moment in (1800, 3590, 3600, 3610, 3620, 4000):
        meter = Hourly(10)
        meter.marks[MIDNIGHT] = meter.world.counters()
        meter.run(20 * HOUR + moment)
        meter.world.boot()
        meter.run(DAY + 4 * HOUR)
        meter.world.boot()
        total = [sum([sample[3 + way] for sample in meter.world.samples(DAYS)]) for way in range(2)]
        bucket = meter.world.history.buckets[DAYS]
        wanted = [b - a for a, b in zip(meter.marks[MIDNIGHT], meter.world.history.counters)]
        assert [total[0] + bucket.a, total[1] + bucket.b] == wanted, moment
        meter.check(DAYS)
        ascending(meter.world)


def test_an_hour_of_an_hourly_meter_that_nobody_read():
    meter = Hourly(10)
    meter.marks[MIDNIGHT] = meter.world.counters()
    meter.lose = lambda true: 5 * HOUR + 300 < true - MIDNIGHT < 6 * HOUR + 700
    meter.run(DAY + 600)
    assert meter.check(DAYS) == 1
    worst = max([sum(sample[3:5]) for sample in meter.world.samples(QUARTERS)])
    usual = [sum(wanted) for _, _, wanted in meter.hours()]
    assert worst < max(usual) // 2, (worst, max(usual))


def test_the_clock_is_set_while_a_quarter_waits_for_its_counter():
    for wrong in 40, -40, 5 * HOUR, -5 * HOUR:
        meter = Hourly(20)
        meter.run(2 * HOUR + 10)
        assert meter.world.history.edge is not None
        meter.world.known(wrong)
        meter.run(30)
        assert meter.world.history.edge is None
        meter.world.known()
        meter.run(3 * HOUR)
        ascending(meter.world)
        bucket = meter.world.history.buckets[DAYS]
        wh = [b - a for a, b in zip(meter.world.first, meter.world.history.counters)]
        days = meter.world.samples(DAYS)
        assert [sum([day[3] for day in days]) + bucket.a, sum([day[4] for day in days]) + bucket.b] == wh


def test_counters_once_an_hour_and_a_gap_goes_to_the_day_alone():
    world = World(true=START + HOUR)
    world.read()
    world.run(HOUR, 10, counters=HOUR)
    world.off(5 * HOUR)  # unread, power on again at five to
    world.run(HOUR, 10, counters=HOUR)
    world.run(HOUR, 10, counters=HOUR)
    quarters = world.samples(QUARTERS)
    assert max(sample[3] for sample in quarters) <= 251
    assert world.history.buckets[DAYS].a == 8 * HOUR * 1000 // HOUR
    # After a restart as well: the samples tell the same.
    world.boot()
    assert world.history.buckets[DAYS].a == 8 * HOUR * 1000 // HOUR


def test_a_meter_that_counts_what_is_fed_in_alone():
    world = World()
    world.ways = (1,)
    world.run(3600, 10, (0, 1234), counters=60)
    fed = sum([sample[4] for sample in world.samples(QUARTERS)[1:]])
    assert abs(fed - 1234 * 900 * len(world.samples(QUARTERS)[1:]) // 3600) <= 1
    assert clean(world.samples(QUARTERS)[1:])
    assert world.history.counters[0] is None and abs(world.history.counters[1] - world.counters()[1]) <= 1


def test_no_counters_at_all():
    world = World(true=START)
    world.run(HOUR, 10, (2000, 100), counters=0)
    quarters = world.samples(QUARTERS)
    assert [sample[3:5] for sample in quarters[1:]] == [(500, 25)] * 3
    assert {sample[1] for sample in quarters} == {PARTIAL}
    assert counter(quarters[2][14], quarters[2][16]) is None
    world.boot()
    world.run(HOUR, 10, (2000, 100), counters=0)
    assert abs(world.history.buckets[DAYS].a - 4000) <= 13


def test_another_meter_takes_over():
    for known in True, False:
        world = World(true=START)
        world.run(1000)
        world.first = [10, 20]
        if known:
            world.meter = b"METER-2"
        world.ws = [0, 0]
        world.run(3000)
        quarters = world.samples(QUARTERS)
        assert [sample[1] & CHANGED for sample in quarters] == [0, CHANGED, 0, 0]
        assert max(sample[3] for sample in quarters) <= 250
        assert min(sample[3] for sample in quarters[1:]) >= 248
        world.boot()
        assert abs(world.history.buckets[DAYS].a - 4000 * 1000 // 3600) <= 1


def test_another_meter_after_a_restart():
    world = World(true=START)
    world.run(1000)
    world.boot()
    world.first = [9000000000, 0]  # ahead of the one before, so only its number tells
    world.meter = b"METER-2"
    world.run(3000)
    quarters = world.samples(QUARTERS)
    assert max(sample[3] for sample in quarters) <= 250 and quarters[1][1] & CHANGED


def test_days_of_23_24_and_25_hours_and_months():
    # Both changes of 2026: 29 March and 25 October, in Helsinki.
    for days, hours in ((2279, 23), (2489, 25)):
        world = World(true=days * DAY - 7200 - (3600 if hours == 25 else 0) - DAY)
        world.read()
        world.run(3 * DAY + 2 * HOUR, 60, (600, 0))
        found = world.samples(DAYS)
        lengths = [(b - a) // HOUR for a, b in zip(starts(found), starts(found)[1:])]
        energies = [sample[3] for sample in found]
        assert 24 in lengths and hours in lengths, (starts(found), lengths)
        assert energies[1] == 600 * hours, energies
    months = World(true=2555 * DAY - 7200)  # 31 December 2026
    months.run(3 * DAY, 60)
    assert starts(months.samples(MONTHS)) == [months.zone.month_start(2555 * DAY)]


def test_a_change_of_zone_keeps_what_is_recorded():
    world = World(true=START)
    world.run(DAY + HOUR, 60)
    before = world.samples(DAYS)
    world.zone = world.clock.zone = Zone(-5 * HOUR, False)
    world.run(2 * DAY, 60)
    after = world.samples(DAYS)
    assert after[: len(before)] == before
    ascending(world)
    assert {(t + 5 * HOUR * -1) % DAY == 0 for t in starts(after)[2:]} == {True}
    sums = sum(sample[3] for sample in after) + world.history.buckets[DAYS].a
    assert abs(sums - (world.true - START) * 1000 // HOUR) <= 17


def test_records_from_before_the_time_is_known_are_dated_when_it_is():
    world = World(true=START)
    world.boot(known=False)
    world.run(60)
    assert world.samples(TENS)[0][1] & (UNSET | GUESSED) == UNSET | GUESSED
    assert world.samples(TENS)[0][0] < 40 * DAY
    world.known()
    world.run(600)
    tens = world.samples(TENS)
    assert starts(tens) == list(range(START, START + 660, 10))
    assert [sample[1] & UNSET for sample in tens] == [UNSET] * 6 + [0] * 60
    assert not tens[-1][1] & GUESSED
    ascending(world)


def test_a_whole_day_before_the_time_is_known_is_not_lost():
    world = World(true=START + 1234)
    world.boot(known=False)
    world.run(DAY, 10)
    world.known()
    world.run(HOUR, 10)
    quarters = world.samples(QUARTERS)
    ascending(world)
    assert len(quarters) >= 97 and abs(quarters[0][0] - START - 900) <= 900
    assert all(b - a == 900 for a, b in zip(starts(quarters), starts(quarters)[1:]))
    energy = sum(sample[3] for sample in world.samples(DAYS)) + world.history.buckets[DAYS].a
    assert abs(energy - 25000) <= 10


def test_time_never_known_over_several_restarts_then_known():
    world = World(true=START)
    for _ in range(3):
        world.boot(known=False)
        world.run(100)
    ascending(world)
    world.known()
    world.run(100)
    tens = world.samples(TENS)
    ascending(world)
    assert starts(tens)[-1] == START + 390
    assert abs(starts(tens)[0] - START) <= 30


def test_an_unset_clock_after_a_restart_goes_on_from_the_last_sample():
    world = World(true=START)
    world.run(1000)
    world.off(5000)
    world.boot(known=False)
    world.run(25)
    ascending(world)
    world.known()
    world.run(100)
    tens = world.samples(TENS)
    ascending(world)
    assert starts(tens)[-1] == START + 6110
    assert starts(tens).count(START + 6000) == 1 and START + 1000 not in starts(tens)[-8:]


def test_the_clock_steps_there_and_back():
    for wrong in (HOUR, -HOUR, 14 * 365 * DAY, -3 * 365 * DAY, 100, -100):
        world = World(_MORE, true=START)
        world.run(2 * HOUR, 10)
        world.known(wrong)
        world.run(HOUR, 10)
        ascending(world)
        world.known()
        world.run(2 * HOUR, 10)
        ascending(world)
        tens = world.samples(TENS)
        expected = list(range(START + 10, START + 5 * HOUR, 10))
        missing = set(t for t in expected if t >= starts(tens)[0]) - set(starts(tens))
        assert len(missing) <= 2 and len(tens) >= 1125 - 75, (wrong, len(tens), len(missing))
        quarters = world.samples(QUARTERS)
        assert len(quarters) >= 17, (wrong, len(quarters))
        assert max(sample[3] for sample in quarters) <= 500
        energy = world.history.buckets[MONTHS].a + sum(sample[3] for sample in world.samples(MONTHS))
        assert abs(energy - 5000) <= 3, (wrong, energy)
        world.boot()
        ascending(world)


def test_a_clock_that_was_wrong_when_it_started_is_put_right():
    for wrong in (HOUR, -HOUR, 5 * 365 * DAY):
        world = World(_MORE, true=START)
        world.known(wrong)
        world.run(HOUR, 10)
        world.known()
        world.run(HOUR, 10)
        tens = world.samples(TENS)
        ascending(world)
        assert starts(tens)[0] == START + 10 and starts(tens)[-1] == START + 2 * HOUR - 10, wrong
        assert len(tens) >= 718


def test_a_restart_with_a_clock_behind_the_last_samples():
    world = World(_MORE, true=START)
    world.known(365 * DAY)
    world.run(HOUR, 10)
    world.boot()
    world.run(HOUR, 10)
    ascending(world)
    assert len(world.samples(TENS)) >= 718 and starts(world.samples(TENS))[-1] == START + 2 * HOUR - 10


def test_a_little_drift_moves_nothing():
    world = World(true=START)
    world.run(HOUR)
    for wrong in (5, -8, 3):
        world.known(wrong)
        world.run(HOUR)
    ascending(world)
    assert not moves(world.history.region, TENS)
    assert sum(sample[3] for sample in world.samples(QUARTERS)) + world.history.buckets[QUARTERS].a in (3999, 4000)


def test_prices_are_kept_with_their_quarter():
    from han.store.series.samples import price

    quotes = {START: 8123456, START + 900: -1, START + 1800: 5700000001, START + 2700: None}
    world = World(true=START, price=lambda utc: (quotes.get(utc), "SEK"))
    world.run(HOUR + 10)
    assert [price(sample) for sample in world.samples(QUARTERS)] == [
        (8123456, "SEK"), (-1, "SEK"), (5700000001, "SEK"), (None, None)]  # fmt: skip


def test_a_restart_goes_on_where_it_stopped():
    world = World(true=START)
    plain = World(true=START)
    for seconds in (7, 100, 333, 900, 2000, 40, 5000, 61):
        world.run(seconds, current=(1000 + seconds, 2000, 3000))
        plain.run(seconds, current=(1000 + seconds, 2000, 3000))
        world.boot()
    world.run(900)
    plain.run(900)
    a, b = world.samples(QUARTERS), plain.samples(QUARTERS)
    assert starts(a) == starts(b)
    for one, other in zip(a, b):
        assert abs(one[3] - other[3]) <= 3, (one, other)  # up to 10 s lie on the other side of an edge
        assert one[11] <= other[11]
    assert abs(world.history.buckets[DAYS].a - plain.history.buckets[DAYS].a) <= 3
    assert abs(sum(s[3] for s in a) - sum(s[3] for s in b)) <= 3


def test_flags_of_records_fit_the_api():
    assert {LATE, GUESSED, AMPERES, KILO} & {1, 2, 4, 8} == set() and len({LATE, GUESSED, AMPERES, KILO}) == 4


def test_the_power_fails_while_the_clock_is_wrong():
    """Whatever it was wrong by and whatever it knows after the cut: nothing is lost, and all is in order in the end."""
    for wrong in (HOUR, -HOUR, 5 * 365 * DAY, -3 * 365 * DAY, 45):
        for after in ("right", "nothing", "wrong"):
            for lead in (0, 3 * HOUR):
                world = World(_MORE, true=START)
                world.read()
                if lead:
                    world.run(lead, 10)
                world.known(wrong)
                world.run(HOUR + 130, 10)
                # Power is gone, without a word, for a while.
                world.off(250)
                world.boot(known=after == "right")
                if after == "wrong":
                    world.known(wrong)
                world.run(HOUR, 10)
                world.known()
                world.run(HOUR, 10)
                where = wrong, after, lead
                ascending(world)
                tens = world.samples(TENS)
                found = starts(tens)
                kept = (lead + 3 * HOUR + 130) // 10
                ring = world.history.series[TENS]
                assert len(found) >= min(kept, capacity(ring) - ring.per_sector) - 5, (where, len(found))
                # A clock that was ahead cannot have been right, so what it dated is moved; one that was
                # behind may as well have been right and the reader off.
                if wrong > 0:
                    assert found[0] >= START - 10 and found[-1] <= world.true, where
                else:
                    assert len([t for t in found if t > world.true - 2 * HOUR]) >= 718, where
                total = world.history.buckets[MONTHS].a + sum([sample[3] for sample in world.samples(MONTHS)])
                # What flowed while it was off seems to be that of three years, most of them without a sample.
                less = (world.true - START) * 1000 // HOUR - total
                assert 0 <= less <= (73 if wrong < -31 * DAY else 3), (where, less)
                assert max([sample[3] for sample in world.samples(QUARTERS)]) <= 500, where
                world.boot()
                ascending(world)
                again = world.history.buckets[MONTHS].a + sum([sample[3] for sample in world.samples(MONTHS)])
                assert abs(again - total) <= (1 if wrong < -31 * DAY else 0), where
