"""Simulated meters, one module each.

A module has a class `Meter` with
    LINE       (baud, bits, parity, stop, invert), the settings that the real meter's port has
    PERIOD_MS  telegrams may be due at multiples of this, UTC
    ZONE_MIN   winter offset of the wall clock that it sends
    encode(state) -> bytes, the telegram due at state.utc_ms, b"" when none is
which is a pure function of a host_sim.house.State. What a reader must make of it is in expected.py.
"""

NAMES = ("aidon", "kaifa", "kamstrup", "mbus", "p1", "dsmr5")
#: Meters of networks and places that few houses have.
SPECIAL = ("aidon_it", "aidon_ct", "dsmr3")
#: Meters whose lists do not say their scale, which is not their maker's usual one: it takes a while to find out.
UNSCALED = ("kamstrup_se", "kamstrup_ct")
DEFAULT = "p1"


def create(name):
    """The Meter of one of NAMES, SPECIAL or UNSCALED; ValueError for any other."""
    if name not in NAMES + SPECIAL + UNSCALED:
        raise ValueError("no simulated meter is called " + name)
    return __import__("host_sim.meters." + name, None, None, ["Meter"]).Meter()
