"""Makes Kamstrup's lists for tests, from raw numbers in any scale."""
from host_sim.meters.parts.dlms import LLC, date_time, hdlc, notification, obis, octets, structure, u16, u32, visible

NORWAY, SWEDEN, DENMARK = "6841131BN243101040", "6841138BN245101090", "6841138BN143101010"
_CLOCK = (2026, 3, 4, 3, 12, 0, 10)


def apdu(power=0, reactive=0, volts=(), amperes=(), counters=(), ident="5706560000067890", kind=NORWAY, each=()):
    """A list with its LLC; power and reactive > 0 into the house; each: power of the phases; None: not sent."""
    items = [visible("Kamstrup_V0001")]

    def add(code, item):
        items.extend((obis(code), item))

    if ident:
        add("1-1:0.0.5", visible(ident))
    if kind:
        add("1-1:96.1.1", visible(kind))
    for n, value in enumerate((power, reactive)):
        if value is not None:
            add("1-1:%d.7.0" % (2 * n + 1), u32(max(value, 0)))
            add("1-1:%d.7.0" % (2 * n + 2), u32(max(-value, 0)))
    for n, value in enumerate(each):
        add("1-1:%d.7.0" % (21 + 20 * n), u32(max(value, 0)))
        add("1-1:%d.7.0" % (22 + 20 * n), u32(max(-value, 0)))
    for n, value in enumerate(amperes):
        add("1-1:%d.7.0" % (31 + 20 * n), u32(value))
    for n, value in enumerate(volts):
        add("1-1:%d.7.0" % (32 + 20 * n), u16(value))
    for n, value in enumerate(counters):
        if value is not None:
            add("1-1:%d.8.0" % (n + 1), u32(value))
    if counters:
        add("0-1:1.0.0", octets(date_time(_CLOCK)))
    return LLC + notification(0, b"\x0c" + date_time(_CLOCK), structure(*items))


def telegram(*powers, **values):
    """The HDLC frame of such a list."""
    return hdlc(b"\x2b\x21", 0x13, apdu(*powers, **values))


def load(watts, scale=100, volts=230, share=(5, 3, 2)):
    """Arguments of telegram() for a load spread over the phases. scale: the number that stands for one ampere."""
    apart = [watts * part // sum(share) for part in share]
    amperes = [(part * scale + volts // 2) // volts for part in apart]
    return {"power": sum(apart), "volts": (volts,) * len(share), "amperes": amperes}
