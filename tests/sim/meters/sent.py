"""What tests of the simulated meters share: states of the house, and whether a meter sends what they say."""

from han.meter.decoder import Decoder
from han.meter.live import Live
from han.meter.submeters.sub import meters
from han.wire.framer import Framer
from host_sim.house import House, State
from host_sim.house.localtime import local
from host_sim.meters import create
from tests.sim.meters.expected import expected
from tools.fields import fields

HOUR = 1763802000  # a full hour of UTC, on a morning in November


def decoded(data):
    """[{field: value}] of the telegrams in the data, read by our own decoder."""
    messages = []
    decoder = Decoder(lambda reading: messages.append(fields(reading)))
    framer = Framer(decoder.telegram)
    framer.feed(bytearray(data), len(data))
    framer.gap()
    return messages


def sub_meters_of(data):
    """What our own decoder makes of the sub-meters in a telegram."""
    found = []
    live = Live()

    def take(reading):
        live.take(reading, 0, 0)
        found.extend(meters(live.extra, live.clock))

    decoder = Decoder(take)
    framer = Framer(decoder.telegram)
    framer.feed(bytearray(data), len(data))
    framer.gap()
    return found


def check(name, state):
    """Assert that the meter sends one telegram for the state, and that its values are the expected ones."""
    got, want = decoded(create(name).encode(state)), expected(name, state)
    assert len(got) == 1, (name, got)
    for field in set(got[0]) | set(want):
        assert got[0].get(field) == want.get(field), (name, field, got[0].get(field), want.get(field))


def check_day(name):
    """check() of the meter's telegrams at some moments of a morning and an evening in the house."""
    meter = create(name)
    for start in (HOUR, HOUR + 14 * 3600):
        house = House(start, 5, meter.ZONE_MIN)
        for second in (0, 5, 10, 20, 3600, 3605, 3610):
            moment = house.state((start + second) * 1000)
            if meter.encode(moment):
                check(name, moment)


def state(utc, p, q, u, i, wh, varh):
    """A host_sim.house.State with these values at a time (Unix s); a third of the energy is in the low tariff."""
    tariffs = [[wh[0] // 3, wh[1] // 3], [wh[0] - wh[0] // 3, wh[1] - wh[1] // 3]]
    return State(utc * 1000, local(utc, 60), p, q, u, i, wh, varh, tariffs)
