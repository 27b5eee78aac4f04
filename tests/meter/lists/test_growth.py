"""The unit of a meter's counters, found from their growth. Clients never see the counters jump or fall."""
from han.meter.lists.growth import Growth
from han.meter.link import Link
from han.meter.obis import EXPORT_ENERGY, IMPORT_ENERGY, IMPORT_POWER, L1_CURRENT, L1_VOLTAGE
from han.meter.line.told import scales as told
from han.wire.framer import P1
from han.wire.layers.unwrap import APDU

from tests.meter.lists.kamstrup import DENMARK, NORWAY, SWEDEN, apdu, load
from tests.meter.test_link import Board
from tests.support import Random
from tests.wire.test_framer import p1

HOUR = 3600


class Uart:
    """A line without bytes: the tests pass lists to the reader directly."""

    any_setting = True

    def readinto(self, buf):
        return 0


class House:
    """A Kamstrup with a reader: a list every 30 s, with counters every hour or always. It keeps what clients see."""

    def __init__(self, step=10, kind=NORWAY, watts=1500, first=23060000, each=False, ident="5706560000067890"):
        self.step = step  # Wh per step of the counters
        self.kind = kind
        self.ident = ident
        self.each = each
        self.watts = watts if callable(watts) else lambda t: watts
        self.work = [first * 3600, 1200000 * 3600]  # Ws in and out
        self.t = 0
        self.flip = None  # (s, bit) of a wrong bit in the counter of imported energy
        self.silent = ()
        self.apart = 0  # W that flow out through one phase beside what flows in through the others
        self.list = None, None
        self.board = Board()
        self.start()

    def start(self, kept=None, counters=(None,) * 4, meter=0, factors=(0, 0, 0, 1)):
        """Start the reader."""
        self.said = []  # (meters, import, export) whenever there is a new one
        self.link = Link(Uart(), self, self.board)
        self.link.multiply(*factors)
        self.link.expect(counters, meter, kept or {})
        return self

    def restart(self, factors=(0, 0, 0, 1), kept=None):
        """Restart the reader with what it has kept."""
        scales = self.link.decoder.scales
        known = kept if kept is not None else scales.keep()
        return self.start(known, self.link.live.energies(), scales.meter, factors)

    def publish(self, topic, live):
        now = live.meters, live.get(IMPORT_ENERGY), live.get(EXPORT_ENERGY)
        if not self.said or self.said[-1] != now:
            self.said.append(now)

    def run(self, seconds):
        end = self.t + seconds
        while self.t < end:
            self.t += 30
            watts = self.watts(self.t)
            self.work[watts < 0] += 30 * abs(watts)
            if self.apart:
                self.work[1] += 30 * self.apart
                watts -= self.apart
            if self.t not in self.silent:
                self.send(watts)
        return self

    def send(self, watts):
        counters = ()
        if self.each or self.t % HOUR == 0:
            counters = [work // 3600 // self.step for work in self.work]
            if self.flip and self.t == self.flip[0]:
                counters[0] ^= 1 << self.flip[1]
        values = load(abs(watts))
        values["power"] = watts
        if counters or self.list[0] != watts:
            self.list = watts, bytearray(apdu(counters=counters, kind=self.kind, ident=self.ident, **values))
        self.hear(self.list[1])
        if counters:
            self.list = None, None

    def hear(self, data):
        link = self.link
        self.board.now = 1000 * self.t
        link.step()
        if data[0] == 0x2F:
            link.decoder.telegram(P1, data, 0, len(data))
        else:
            link.decoder.telegram(APDU, data, 0, len(data))

    @property
    def imported(self):
        """The meter's imported energy, Wh."""
        return self.work[0] // 3600 // self.step * self.step

    def told(self, meters=0):
        """The values of imported energy that clients have received for one meter."""
        return [number for meter, number, _ in self.said if meter == meters and number is not None]


def rising(numbers):
    return all([a <= b for a, b in zip(numbers, numbers[1:])])


def test_a_meter_of_either_kind_is_told_once_its_scale_is_sure():
    for step in 1, 10:
        for kind in SWEDEN, None, "6841131BN240101063":
            house = House(step, kind).run(2 * HOUR - 30)
            assert house.told() == [] and house.link.live.get(IMPORT_POWER) == 1500
            assert told(house.link)["energy"]["multiplier"] is None
            first = house.imported
            house.run(3 * HOUR + 30)
            assert house.link.decoder.scales.growth.known == (-1 if step == 1 else 0)
            assert house.told()[0] - first in range(0, 3000) and rising(house.told())
            assert house.told()[-1] == house.imported
            assert house.link.live.meters == 0 and house.link.counters.implausible == 0
            again = house.restart().run(HOUR)
            assert again.told() == [house.imported] and again.link.live.meters == 0


def test_a_meter_whose_counters_come_with_each_list_takes_an_hour_or_two():
    for step, watts in ((1, 700), (10, 700), (10, 5300)):
        house = House(step, None, watts, each=True).run(2 * HOUR + 60)
        assert rising(house.told()) and house.told()[-1] == house.imported
        assert house.told()[0] >= 23060000 + watts * 59 // 60


def test_one_of_the_usual_kind_is_told_at_once():
    for kind in NORWAY, DENMARK:
        house = House(10, kind).run(HOUR)
        assert house.told() == [house.imported]
        assert told(house.link)["energy"]["by"] == "maker"
        house.run(2 * HOUR)
        assert told(house.link)["energy"]["by"] == "known" and len(house.told()) == 3
    # Unless something else is unusual about it.
    house = House(10, DENMARK)
    house.t = HOUR
    house.hear(apdu(1500, 0, (23000,) * 3, counters=(2306000, 0), kind=DENMARK))
    assert house.link.live.get(L1_VOLTAGE) == 2300 and house.told() == []


def test_one_that_was_told_wrong_becomes_another_meter_after_two_hours():
    # Of a kind that is not known to count so; or the version before took the usual scale for granted.
    for house in House(1), House(1, SWEDEN).start({}, (23060000 * 10, 1200000 * 10, None, None)):
        house.run(2 * HOUR)
        assert house.told() and house.told()[0] > 10 * 23060000 and rising(house.told())
        house.run(3 * HOUR)
        # Nothing was told in the wrong scale that contradicts it, and nothing fell but the whole meter.
        assert rising(house.told(0)) and house.told(0)[-1] <= 10 * (23060000 + 2 * 1500)
        assert rising(house.told(1)) and house.told(1)[-1] == house.imported
        assert house.link.live.meters == 1 and house.link.counters.implausible == 0
        assert told(house.link)["energy"]["multiplier"] == 0.1


def test_a_meter_that_is_set_to_another_resolution_goes_on():
    for before, after in ((10, 1), (1, 10)):
        for off in False, True:
            for kept in None, {}:
                house = House(before, SWEDEN)
                house.start({"e": 0 if before == 10 else -1}, (23059900, 1199000, None, None)).run(3 * HOUR)
                assert house.told()[-1] == house.imported
                if off:
                    if kept is not None and before == 1:
                        continue  # what it counted in is not known any more: as a new one
                    earlier = house.told()
                    house.restart(kept=kept)
                else:
                    earlier = []
                house.step = after
                house.run(6 * HOUR)
                numbers = earlier + house.told()
                assert rising(numbers) and house.link.live.meters == 0 and house.link.counters.implausible == 0
                assert numbers[-1] == house.imported
                assert max([b - a for a, b in zip(numbers, numbers[1:])]) <= 5 * 1500


def test_a_wrong_bit_in_a_counter_changes_no_scale():
    random = Random(11)
    for bit in range(26):
        step, kind = ((10, NORWAY), (1, SWEDEN), (10, SWEDEN), (10, None))[bit % 4]
        house = House(step, kind, random.between(300, 5000), first=random.between(10**5, 10**8))
        house.flip = random.choice((1, 2, 3)) * HOUR, bit
        house.run(6 * HOUR)
        assert house.link.decoder.scales.growth.known == (-1 if step == 1 else 0), (step, kind, bit)


def test_what_cannot_be_trusted_is_no_evidence():
    # A minute of silence, hardly any consumption, or a single telegram that makes most of it.
    for house in (
        House(1, SWEDEN),
        House(1, SWEDEN, 30),
        House(1, SWEDEN, lambda t: 120000 if t == 5520 else 30),
        House(1, SWEDEN, lambda t: 0),
    ):
        if house.watts(0) == 1500:
            house.silent = [hour * HOUR + 1000 + t for hour in range(9) for t in range(0, 70, 5)]
        house.run(4 * HOUR)
        assert house.link.decoder.scales.growth.known is None and house.told() == []
    # 30 W take a while.
    house = House(1, SWEDEN, 30).run(9 * HOUR)
    assert house.link.decoder.scales.growth.known == -1 and house.told()
    # Two lost telegrams do no harm.
    house = House(1, SWEDEN)
    house.silent = [hour * HOUR + 1000 + t for hour in range(9) for t in (20, 1010, 1700)]
    assert house.run(4 * HOUR).told()


def test_phases_that_are_counted_apart_are_no_evidence():
    # L1 feeds in 1350 W, L2 and L3 take 1500 W: power is what is left, the counters have all of it.
    for each in False, True:
        house = House(10, NORWAY, each=each)
        house.apart = 1350
        house.run(4 * HOUR)
        assert house.told()[-1] == house.imported and house.link.live.meters == 0
        assert house.link.decoder.scales.growth.known is None


def test_houses_that_change_and_houses_that_export():
    random = Random(4)
    for watts in (
        lambda t: 3000 + random.between(0, 3000) * (t % 120 // 30 - 1),
        lambda t: 2500 if t // 600 % 3 else -1800,
        lambda t: -4000 + t % 1000,
        lambda t: 9000 if t % 1800 < 300 else 60,
    ):
        for step in 1, 10:
            house = House(step, SWEDEN, watts).run(8 * HOUR)
            assert house.link.decoder.scales.growth.known == (-1 if step == 1 else 0)
            assert rising(house.told())


def test_the_owner_knows_better():
    house = House(1, SWEDEN).start(factors=(100, 0, 0, 1)).run(HOUR)
    assert house.told() == [house.imported]
    assert told(house.link)["energy"]["multiplier"] == 0.1 and told(house.link)["energy"]["by"] == "setting"
    # The same from evidence is no change, another multiplier makes another meter of it.
    house.run(HOUR)
    assert house.link.multiply(0, 0, 0, 1)
    house.run(30)
    assert house.link.live.meters == 1 and house.link.live.energies() == (None,) * 4
    house.run(4 * HOUR - 30)
    assert house.link.live.get(IMPORT_ENERGY) == house.imported
    assert not house.link.multiply(100, 0, 0, 1)
    house.run(HOUR)
    assert house.link.live.meters == 1 and house.link.live.get(IMPORT_ENERGY) == house.imported


def test_current_transformers():
    house = House(10, NORWAY, 900).start(factors=(0, 0, 0, 60)).run(HOUR)
    live = house.link.live
    assert live.get(IMPORT_POWER) == 60 * 900 and live.get(IMPORT_ENERGY) == 60 * house.imported
    assert live.get(L1_VOLTAGE) == 2300 and live.get(L1_CURRENT) == 60 * load(900)["amperes"][0] * 10
    # What is known is of what the meter sends.
    house.run(2 * HOUR)
    assert told(house.link)["energy"]["by"] == "known" and told(house.link)["ct"] == 60
    again = house.restart((0, 0, 0, 60)).run(HOUR)
    assert again.link.live.meters == 0 and again.told() == [60 * house.imported]
    # Another ratio: the counters are not those from before.
    assert again.link.multiply(0, 0, 0, 50)
    assert again.link.live.energies() == (60 * again.imported, 60 * 1200000, None, None)  # until the next telegram
    again.run(30)
    assert again.link.live.meters == 1 and again.link.live.energies() == (None,) * 4
    again.run(HOUR - 30)
    assert again.told(1) == [50 * again.imported] and again.link.counters.implausible == 0
    # Of any meter.
    house = House().start(factors=(0, 2000, 0, 3))
    plain = House()
    for each in house, plain:
        each.hear(bytearray(p1()))
    for field in range(23):
        times = 3 if field < L1_VOLTAGE or field >= IMPORT_ENERGY else 6 if field >= L1_CURRENT else 1
        number = plain.link.live.get(field)
        assert house.link.live.get(field) == (number and number * times), field


def test_meters_that_tell_their_scale_need_no_evidence():
    house = House().start(counters=(500, None, None, None))
    house.hear(bytearray(p1()))
    assert house.link.decoder.scales is None and told(house.link)["energy"] == {"multiplier": 1, "by": "list"}
    # Settings that come before a first list without scalers hold for it.
    for energies in (100,), (100, 0):
        house = House(1, SWEDEN).start(counters=(23060000, None, None, None))
        for energy in energies:
            assert house.link.multiply(energy, 0, 0, 1)
        assert house.link.decoder.scales is None
        house.run(HOUR)
        assert house.link.live.meters == 1
        assert house.link.live.energies()[0] == (house.imported if energy else None)


def test_another_meter_without_a_number_is_not_read_as_the_one_before():
    for each in False, True:
        house = House(1, None, ident=None, each=each).run(4 * HOUR)
        assert house.link.decoder.scales.growth.known == -1 and house.told()
        house.work = [500 * 3600, 0]
        house.step = 10
        house.run(6 * HOUR)
        assert house.link.live.meters == 1 and house.told()[-1] == 23060000 + 4 * 1500
        assert rising(house.told(1)) and house.told(1)[-1] == house.imported
        assert house.link.decoder.scales.growth.known == 0


def test_intervals_are_told():
    growth = Growth()
    assert growth.so_far() is None
    house = House(1, SWEDEN).run(HOUR + 600)
    assert told(house.link)["energy"]["interval"] == {"s": 600, "import_wh": 250, "export_wh": 0}
