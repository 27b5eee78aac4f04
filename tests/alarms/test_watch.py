"""The task of the alarms: what it takes from readings, silence, prices and settings, and what it publishes."""

from han.alarms.hours import told
from han.alarms.values import crossing, current, power
from han.alarms.watch import Watch
from han.core.bus import Bus
from han.core.zone import Zone
from han.meter.live import Live
from han.meter.obis import (
    EXPORT_POWER,
    IMPORT_POWER,
    L1_CURRENT,
    L1_EXPORT_POWER,
    L1_IMPORT_POWER,
)
from han.tariff.fees import Tariff
from tests.api.fake import put


class House:
    """A meter, a clock, prices and settings for a Watch."""

    def __init__(self, **alarms):
        self.up = 1000000
        self.bus = Bus()
        self.values = {"alarms": alarms, "m": {"f": 25}, "vat": 0, "fees": []}
        self.live = Live()
        self.received = None
        self.now = 5
        self.reported = None
        self.messages = []
        self.publish = self.bus.publish
        self.bus.publish = self.published
        self.watch = Watch(self, self, self.bus, self, self, self.forecast, self.report)

    # The clock.
    def uptime_ms(self):
        return self.up

    def utc(self):
        return self.now

    # The configuration.
    def get(self, *path):
        value = self.values
        for key in path:
            value = value[key]
        return value

    # The silence.
    def old(self):
        return self.received is not None and self.age() > 60000

    def age(self):
        return self.up - self.received

    # The book.
    def price(self, utc):
        assert utc == self.now
        return self.cost

    def tariff(self, zone):
        assert zone is self.zone
        return Tariff(self.values, zone) if self.values["vat"] else None

    cost = None
    zone = Zone()

    # The forecast.
    def forecast(self):
        self.made += 1
        return self.foreseen

    made = 0
    foreseen = None

    def report(self, health, error):
        self.reported = health, error

    def published(self, topic, value):
        self.publish(topic, value)
        if topic == "alarms":
            self.messages.append({alarm.name: alarm.on for alarm in value})

    def wait(self, seconds):
        """Let the task look for so many seconds."""
        for _ in range(seconds):
            self.watch.look()
            self.up += 1000

    def read(self, *fields, seconds=0, each=10):
        """A reading with these (field, number), and the same again each 10 s for so many seconds."""
        for at in range(0, seconds + 1, each):
            for field, number in fields:
                put(self.live, field, number)
            self.live.seq += 1
            self.received = self.up
            self.publish("meter", self.live)
            self.wait(each if at + each <= seconds else 1)

    def set(self, **alarms):
        self.values = dict(self.values, alarms=alarms)
        self.publish("configuration", None)

    def state(self, name):
        (found,) = [alarm for alarm in self.bus.latest["alarms"] if alarm.name == name]
        return found


POWER = {"w": 8000, "s": 60}


def test_a_power_is_watched_from_reading_to_reading():
    house = House(power=POWER)
    house.wait(1)
    assert house.messages == [{"power": None}]
    assert house.reported == ("degraded", "not known: power")
    house.read((IMPORT_POWER, 9000), seconds=50)
    assert house.messages[1:] == [{"power": False}] and house.reported == ("ok", None)
    # A reading counts once: without another one it is not known whether the power lasts.
    house.wait(40)
    assert len(house.messages) == 2
    house.read((IMPORT_POWER, 9100))
    assert house.messages[2:] == [{"power": True}]
    state = house.state("power")
    assert (state.value, state.limit, state.since, state.phase) == (9100, 8000, house.up - 1000, None)
    house.read((IMPORT_POWER, 7000), seconds=50)
    assert len(house.messages) == 3 and state.value == 7000
    house.read((IMPORT_POWER, 7000))
    assert house.messages[3:] == [] and house.state("power").on
    house.read((IMPORT_POWER, 7000), seconds=20)
    assert house.messages[3:] == [{"power": False}]


def test_only_changes_are_published():
    house = House(power=dict(POWER, s=0), silent={"s": 300}, price={"below": 0})
    house.cost = 5
    house.read((IMPORT_POWER, 100), seconds=1000)
    assert house.messages == [{"power": False, "silent": False, "price": False}]
    house.publish("configuration", None)  # another setting
    house.read((IMPORT_POWER, 100), seconds=100)
    assert len(house.messages) == 1


def test_a_silent_meter_leaves_nothing_known_but_its_silence():
    house = House(
        power=dict(POWER, s=0), current={"percent": 80, "s": 0}, silent={"s": 300}, selling={"w": 100, "s": 0},
        price={"below": 10},
    )  # fmt: skip
    house.cost = 5
    phases = [(L1_IMPORT_POWER, 3000), (L1_EXPORT_POWER + 1, 500), (L1_IMPORT_POWER + 2, 6500)]
    house.read((IMPORT_POWER, 9000), (L1_CURRENT, 30000), *phases)
    on = {"current": True, "power": True, "selling": True, "silent": False, "price": True}
    assert house.messages[-1] == on
    house.wait(59)
    assert house.messages[-1] == on  # as long as /meter tells the reading
    house.wait(3)
    unknown = {"current": None, "power": None, "selling": None, "silent": False, "price": True}
    assert house.messages[-1] == unknown
    assert house.reported == ("degraded", "not known: current, power, selling")
    assert house.state("current").value is house.state("current").phase is house.state("power").value is None
    house.wait(236)
    assert house.messages[-1] == unknown
    house.wait(3)
    assert house.messages[-1] == dict(unknown, silent=True) and house.state("silent").value >= 300
    count = len(house.messages)
    house.wait(5000)
    assert len(house.messages) == count and 5298 <= house.state("silent").value <= 5302
    house.read((IMPORT_POWER, 9000))
    assert house.messages[-1] == on and house.state("silent").value == 0


def test_before_the_first_reading_the_silence_is_as_old_as_the_start():
    house = House(silent={"s": 300})
    house.up = 200000
    house.wait(100)
    assert house.messages == [{"silent": False}]
    house.wait(1)
    assert house.messages[1:] == [{"silent": True}] and house.state("silent").value == 300
    house.read((IMPORT_POWER, 5))
    assert house.messages[-1] == {"silent": False}


def test_a_price_that_is_missing_is_not_known():
    house = House(price={"below": 3000000})
    house.read((IMPORT_POWER, 5))
    assert house.messages == [{"price": None}] and house.reported[1] == "not known: price"
    for cost, state in ((2999999, True), (None, None), (3000000, False), (-1, True)):
        house.cost = cost
        house.wait(3)
        assert house.messages[-1] == {"price": state} and house.state("price").value == cost
    assert len(house.messages) == 5
    house.now = None  # the clock is not set
    house.cost = None
    house.wait(1)
    assert house.messages[-1] == {"price": None}


def test_a_price_has_vat_and_fees_where_they_are_set():
    house = House(price={"below": 3000000})
    house.cost = 2000000
    house.wait(1)
    assert house.messages[-1] == {"price": True}
    house.values.update(vat=2550, fees=[[500000, 0, 24, 127, 4095]])
    house.publish("configuration", None)
    house.wait(1)
    assert house.messages[-1] == {"price": False} and house.state("price").value == 3137500
    house.now = None  # whether a fee is paid now is not known
    house.wait(1)
    assert house.messages[-1] == {"price": None}


def test_settings_that_change_while_an_alarm_is_on():
    house = House(power=dict(POWER, s=0))
    house.read((IMPORT_POWER, 9000))
    since = house.state("power").since
    house.set(power=dict(POWER, s=0), silent={"s": 60})
    house.wait(5)
    # The one that has not changed goes on, with its time.
    assert house.messages[1:] == [{"power": True, "silent": False}] and house.state("power").since == since
    house.set(power={"w": 8000, "s": 30}, silent={"s": 60})
    house.wait(1)
    assert house.messages[-1] == {"power": False, "silent": False}  # another rule begins anew
    house.read((IMPORT_POWER, 9000), seconds=40)
    assert house.messages[-1] == {"power": True, "silent": False}
    house.set(silent={"s": 60})
    house.wait(1)
    assert house.messages[-1] == {"silent": False}
    house.set()
    house.wait(1)
    assert house.messages[-1] == {} and house.bus.latest["alarms"] == []


def test_a_new_alarm_is_judged_by_the_latest_reading():
    house = House(silent={"s": 300})
    house.read((IMPORT_POWER, 9000))
    house.set(silent={"s": 300}, power=dict(POWER, s=0))
    house.wait(1)
    assert house.messages[-1] == {"power": True, "silent": False}


def test_the_fuse_is_that_of_the_settings():
    house = House(current={"percent": 90, "s": 0})
    house.read((L1_CURRENT, 1000), (L1_CURRENT + 1, -22501), (L1_CURRENT + 2, 22500))
    state = house.state("current")
    assert state.on and (state.value, state.limit, state.phase) == (22501, 22500, 2)
    house.values["m"] = {"f": 35}
    house.publish("configuration", None)
    house.wait(1)
    state = house.state("current")
    assert not state.on and (state.value, state.limit, state.phase) == (22501, 31500, 2)


def test_what_another_version_has_stored_is_named():
    house = House(power={"w": "much"}, later={"x": 1}, silent={"s": 60})
    house.read((IMPORT_POWER, 5))
    assert house.messages == [{"silent": False}]
    assert house.reported == ("degraded", "not known: later, power")


class Foreseen:
    """A forecast that the test sets."""

    told = None

    def now(self, power):
        self.power = power
        return self.told


def test_the_forecast_against_the_peak_of_the_month():
    house = House(power=dict(POWER, s=0))
    house.foreseen = Foreseen()
    house.read((IMPORT_POWER, 5000))
    assert not house.made
    house.set(peak={"w": 0, "s": 30})
    house.wait(1)
    assert house.made == 1 and house.messages[-1] == {"peak": None} and house.foreseen.power == 5000
    house.foreseen.told = 4000, 0  # the month has no peak yet
    house.read((IMPORT_POWER, 5000), seconds=100)
    state = house.state("peak")
    assert house.messages[-1] == {"peak": False} and (state.value, state.limit) == (4000, None)
    house.foreseen.told = 4000, 3999
    house.read((IMPORT_POWER, 5000), seconds=20)
    house.wait(9)
    assert house.messages[-1] == {"peak": False}
    house.read((IMPORT_POWER, 5000))
    assert house.messages[-1] == {"peak": True} and (state.value, state.limit) == (4000, 3999)
    house.publish("configuration", None)  # other settings: it goes on
    house.wait(1)
    assert house.state("peak") is state and state.on and house.made == 1
    house.foreseen.told = 9000, None  # the next interval does not count
    house.read((IMPORT_POWER, 9000))
    assert house.messages[-1] == {"peak": False} and (state.value, state.limit) == (9000, None)
    house.foreseen.told = None
    house.read((IMPORT_POWER, 9000))
    assert house.messages[-1] == {"peak": None} and state.value is state.limit is None


def test_a_floor_below_which_a_peak_does_not_matter():
    house = House(peak={"w": 3000, "s": 0})
    house.foreseen = Foreseen()
    for found, on, limit in (
        ((2900, 500), False, 3000), ((3001, 500), True, 3000), ((3001, 0), True, 3000), ((3001, None), False, None),
        ((3001, 3500), False, 3500), ((3501, 3500), True, 3500),
    ):  # fmt: skip
        house.foreseen.told = found
        house.read((IMPORT_POWER, 5))
        assert house.state("peak").on is on and house.state("peak").limit == limit, found


def hour(t):
    """A time in hour t of 2020."""
    return t * 3600


def test_the_hours_in_which_an_alarm_was_on():
    house = House(power=dict(POWER, s=0), price={"below": 0})
    house.cost = 5
    house.now = hour(10) + 3000
    house.read((IMPORT_POWER, 9000))
    hours = house.bus.latest["alarmhours"]
    assert (hours.bits(hour(9)), hours.bits(hour(10)), hours.bits(hour(11))) == (0, 0b10, 0)
    house.cost = -1
    house.wait(1)
    house.cost = 5
    house.now = hour(11)
    house.wait(1)
    assert (hours.bits(hour(10)), hours.bits(hour(11))) == (0b10010, 0b10)
    assert told(0b10010) == ["power", "price"] and told(0) == [] and told(1 << 15) == []
    # With an unknown time it is in no hour; a clock that was ahead leaves one that nobody asks for.
    house.now = None
    house.wait(1)
    house.now = hour(500)
    house.wait(1)
    house.now = hour(12)
    house.wait(1)
    assert (hours.bits(hour(500)), hours.bits(hour(12))) == (0b10, 0b10)
    # They outlive the task, as the ledger asks for an hour when it has ended.
    house.watch = Watch(house, house, house.bus, house, house, house.forecast, house.report)
    house.wait(1)
    assert house.bus.latest["alarmhours"] is hours and hours.bits(hour(12)) == 0b10


def reading(kind=None, **fields):
    live = Live()
    if kind:
        live.network.setting = kind
    for name, number in fields.items():
        put(live, {"i": IMPORT_POWER, "e": EXPORT_POWER, "i1": L1_IMPORT_POWER, "i2": L1_IMPORT_POWER + 1,
                   "i3": L1_IMPORT_POWER + 2, "e1": L1_EXPORT_POWER, "e2": L1_EXPORT_POWER + 1,
                   "e3": L1_EXPORT_POWER + 2, "c1": L1_CURRENT, "c2": L1_CURRENT + 1}[name], number)  # fmt: skip
    return live


def test_values_of_a_reading():
    assert current(reading()) == (None, None)
    assert current(reading(c1=0)) == (0, 1)
    assert current(reading(c1=-5, c2=3)) == (5, 1)
    assert power(reading()) is None
    assert power(reading(i=7)) == 7
    assert power(reading(e=7)) == 0


def test_import_while_others_export():
    assert crossing(reading()) is None
    assert crossing(reading(i=500, e=0)) is None  # totals without phases may hide it
    assert crossing(reading(i=500, e=0, i1=500)) is None
    assert crossing(reading(i=500, e=200)) == 200
    assert crossing(reading(i=100, e=0, i1=700, i2=0, e3=600)) == 600
    assert crossing(reading(i=0, e=100, i1=300, e2=300, e3=100)) == 300
    assert crossing(reading(i=900, e=0, i1=300, i2=300, i3=300, e1=0, e2=0, e3=0)) == 0
    assert crossing(reading(e1=1, e2=1, e3=1)) == 0
    assert crossing(reading(i1=5, e1=5, i2=9, e3=9)) == 9  # a phase is netted in itself
    for one in (reading("1p", i=500), reading("1p", e=500), reading("1p", i=500, e=0, i1=500)):
        assert crossing(one) == 0
    assert crossing(reading("1p")) is None
    assert crossing(reading("3p3w", i=100, e=0, i1=700, i2=0, e3=600)) is None
