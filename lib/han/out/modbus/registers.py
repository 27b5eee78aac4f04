"""The plain map: each quantity in registers of its own, the most significant one first.

Its column in the table of quantities has its first register. Phases and tariffs follow each other. A quantity that is
told in thousands (kWh, kvarh) has four registers, in Wh and varh, without a sign; all others have two, with a sign, in
10^-places of their unit.
"""
from ..table import quantities, read
from .words import put

SIZE = 160
#: The number of the telegram, and the Unix time when it came, two registers each.
_SEQ = 92
_TIME = 94
_UNKNOWN = -0x80000000


def rows():
    """Yield (source, places, unit, first register, number of registers) of each quantity."""
    before = None
    at = 0
    for source, places, unit, register in quantities("source", "places", "unit", "modbus"):
        size = 4 if unit[0] == "k" else 2
        at = at + size if register == before else int(register)
        before = register
        yield source, int(places), unit, at, size


def write(buf, app, live):
    """Write all registers. What is not known is 0x80000000, or 0xFFFFFFFFFFFFFFFF where there are four registers."""
    for at in range(0, SIZE, 2):
        put(buf, at, _UNKNOWN, 2)
    put(buf, _SEQ, live.seq, 2)
    ms = app.clock.unix_ms(live.received)
    if ms is not None:
        put(buf, _TIME, ms // 1000, 2)
    for source, _, _, at, size in rows():
        number = read(app, live, source)
        if size == 4:
            put(buf, at, -1 if number is None or number < 0 else number, 4)
        elif number is not None and -0x80000000 < number < 0x80000000:
            put(buf, at, number, 2)
