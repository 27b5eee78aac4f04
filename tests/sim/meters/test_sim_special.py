"""The simulated meters of rare sites: their telegrams, and the values of the whole reader."""

from han.meter.decoder import Decoder
from han.meter.live import Live
from han.meter.sense.network import THREE
from han.meter.obis import EXPORT_ENERGY, IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT
from han.meter.sense.plausible import Plausible
from han.wire.framer import Framer
from host_sim.house import House
from host_sim.meters import NAMES, SPECIAL, create
from host_sim.meters.parts import lines
from tests.sim.meters.expected import expected, sub_meters
from tests.sim.meters.sent import HOUR, check, check_day, state, sub_meters_of
from tests.support import Random


def test_what_is_sent_is_what_was_meant():
    assert not set(NAMES) & set(SPECIAL)
    for name in SPECIAL:
        check_day(name)
        check(name, state(HOUR, [0] * 3, [0] * 3, [0] * 3, [0] * 3, [0, 0], [0, 0]))


def test_currents_between_lines():
    for p, flows in (
        ([2300, 0, 0], [10000, 10000, 0]),
        ([0, 2300, 0], [0, 10000, 10000]),
        ([0, 0, -2300], [10000, 0, 10000]),
        ([2300, 2300, 2300], [17320, 17320, 17320]),
        ([0, 0, 0], [0, 0, 0]),
    ):
        got = lines.currents(p, [0] * 3, 2300)
        assert all(abs(a - b) <= 5 for a, b in zip(got, flows)), (p, got)
    # All of them at the same angle.
    got = lines.currents([1840] * 3, [1380] * 3, 2300)
    assert all(abs(a - 17320) <= 10 for a in got), got


def test_the_gas_meter_of_dsmr_3_is_told_of_in_two_lines():
    for second in (0, 3590, 3600):
        now = state(HOUR + second, [0] * 3, [0] * 3, [2300] * 3, [0] * 3, [0, 0], [0, 0])
        (gas,) = sub_meters_of(create("dsmr3").encode(now))
        read = now.utc_ms // 1000 // 3600 * 3600
        hour = state(read, [0] * 3, [0] * 3, [2300] * 3, [0] * 3, [0, 0], [0, 0])
        assert (gas.channel, gas.kind, gas.id, gas.unit) == (1, 3, "G0003000000032026", "m3")
        assert (gas.value, gas.places, gas.time) == (sub_meters(hour)[0], 3, read - 1577836800 + 3600)


class Reader:
    """Decodes, judges and completes readings like the meter task."""

    def __init__(self, name):
        self.meter = create(name)
        self.live = Live()
        self.judge = Plausible()
        self.now = 0
        self.framer = Framer(Decoder(self.take).telegram)
        self.checked = name != "dsmr3"

    def take(self, reading):
        if self.judge.check(reading, None, self.now, self.checked):
            self.live.take(reading, self.now, 0)

    def run(self, start, seconds, each):
        """Read a house for some seconds from a second of UTC on; each(state) after each telegram."""
        house = House(start, 5, self.meter.ZONE_MIN)
        begun = self.now
        for ms in range(0, 1000 * seconds, self.meter.PERIOD_MS):
            self.now = begun + ms
            moment = house.state(start * 1000 + ms)
            data = self.meter.encode(moment)
            if data:
                self.framer.feed(bytearray(data), len(data))
                self.framer.gap()
                each(moment)


def test_the_site_behind_transformers_gives_readings():
    reader = Reader("aidon_ct")
    seen, powers, currents = [], [], []

    def each(moment):
        want = expected("aidon_ct", moment)
        if reader.live.get(IMPORT_POWER) == want["import_power_w"]:
            seen.append(reader.now)
            powers.append(want["import_power_w"])
            currents.append(reader.live.get(L1_CURRENT + 1) or 0)

    reader.run(HOUR + 9 * 3600 - 600, 7200, each)  # the sauna, on a Saturday
    # Every telegram but the very first ones gives a reading.
    assert len(seen) > 2860 and seen[0] <= 10000, (len(seen), seen[0])
    assert max(powers) > 1000000 and max(currents) > 2000000, (max(powers), max(currents))
    assert reader.live.get(IMPORT_ENERGY) > 5 * 10**9 and reader.judge.meters == 0


def test_without_neutral_l2_is_computed():
    reader = Reader("aidon_it")
    off = []

    def each(moment):
        if "l1_current_a" in expected("aidon_it", moment):
            want = lines.currents(moment.p, moment.q, sum(moment.u) // 3)[1]
            got = reader.live.get(L1_CURRENT + 1)
            off.append(None if got is None else abs(abs(got) - want))

    for start in (HOUR, HOUR + 9 * 3600):
        reader.run(start, 1800, each)
    assert reader.live.network.kind() == THREE and reader.live.network.computed
    known = sorted([number for number in off if number is not None])
    assert len(known) > 9 * len(off) // 10
    assert known[len(known) // 2] < 1000 and known[9 * len(known) // 10] < 2500, (known[len(known) // 2], known[-1])


def test_tariffs_alone_make_the_totals_whatever_the_line_loses():
    reader = Reader("dsmr3")
    random = Random(4)
    whole = reader.meter.encode
    reader.meter.encode = lambda moment: lost(whole(moment), random)
    totals = []

    def each(moment):
        totals.append(reader.live.get(IMPORT_ENERGY))
        if reader.now > 60000:
            most = moment.wh[0] + 12
            assert totals[-2] <= totals[-1] <= most, (totals[-2], totals[-1], most)
            assert moment.wh[1] - 200 <= reader.live.get(EXPORT_ENERGY) <= moment.wh[1] + 12

    reader.run(HOUR, 7200, each)
    assert reader.judge.meters == 0 and reader.judge.counts["counter"] > 5


def lost(data, random):
    """A third of the telegrams have lost some bytes on the way."""
    if not data or random.below(3):
        return data
    at = 14 + random.below(len(data) - 30)
    return data[:at] + data[at + 1 + random.below(40) :]
