"""What HAN_METER_MESSAGE tells of sub-meters. Imported when that changes; extra.py then keeps it."""
from ...meter.submeters.sub import kind_name, read
from ...core.encode import decimal, text


def told(extra, clock):
    """[(JSON up to the time of its value, that time, summer time)] of each sub-meter in an Extra; see sub.Meter.

    clock: the electricity meter's own, as in `Reading`, or None
    """
    return [(_opened(one), one.time, one.dst) for one in read(extra, clock)]


def _opened(one):
    return '{"ch":%d,"kind":%s,"id":%s,"v":%s,"unit":%s,"ts":' % (
        one.channel, text(kind_name(one.kind)), text(one.id), decimal(one.value, one.places), text(one.unit),
    )  # fmt: skip
