"""Simulated meters, one module each.

A module has a class `Meter` with
    LINE           (baud, bits, parity, stop, invert) of the real meter's port
    PERIOD_MS      telegrams may be due at multiples of this, UTC
    ZONE_MIN       offset in winter of the local time that it sends, minutes
    encode(state)  bytes of the telegram that is due at state.utc_ms, b"" if there is none
encode() is a pure function of a host_sim.house.State.
"""

NAMES = ("aidon", "kaifa", "kamstrup", "mbus", "p1", "dsmr5", "belgian", "swedish")
#: Meters of rare kinds of networks and sites.
SPECIAL = ("aidon_it", "aidon_ct", "dsmr3")
#: Meters whose lists carry no scaler and use another scale than usual for their maker: a reader must find it out.
UNSCALED = ("kamstrup_se", "kamstrup_ct")
DEFAULT = "p1"


def create(name):
    """A new Meter of one of NAMES, SPECIAL or UNSCALED; ValueError for any other name."""
    if name not in NAMES + SPECIAL + UNSCALED:
        raise ValueError("no simulated meter is called " + name)
    return __import__("host_sim.meters." + name, None, None, ["Meter"]).Meter()
