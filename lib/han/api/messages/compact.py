"""GET /data: the latest reading and its cost, in one flat object. Imported for a request."""
from ...core.clock import EPOCH
from ...meter.obis import IMPORT_POWER, IMPORT_REACTIVE, L1_CURRENT, L1_VOLTAGE
from ..http.connection import unread
from ...core.encode import decimal, text

_DATA = (
    '{"type":"HAN_COMPACT_DATA_MESSAGE","im":%d,"mf":%d,"i":%s,"e":%s,"ri":%s,"re":%s,"ic":%s,"ec":%s,'
    '"ric":%s,"rec":%s,"u1":%s,"u2":%s,"u3":%s,"i1":%s,"i2":%s,"i3":%s,"p":%s,"pc":%s,"c":%s,'
    '"ep":{"h":%s,"d":%s,"w":%s,"m":%s}}'
)
_HOURS = 1, 24, 168, 720


async def serve(app, request):
    """The message, bytes; 503 without a fresh reading."""
    live = app.messages.fresh()
    if live is None:
        return unread(app)
    utc = app.clock.utc()
    price = app.book.price(utc)  # 10^-6 minor units per kWh, or None
    fuse = app.config.get("m", "f")  # A
    power = live.get(IMPORT_POWER)
    values = [live.network.most(fuse), fuse]
    values += [decimal(live.get(field), 0) for field in range(IMPORT_POWER, IMPORT_REACTIVE + 2)]
    values += [decimal(number, 3) for number in app.messages.energies(live)]
    values += [decimal(live.get(L1_VOLTAGE + i), 1) for i in range(3)]
    values += [decimal(live.get(L1_CURRENT + i), 3) for i in range(3)]
    values += [decimal(price, 6), text(app.book.currency), text(None if utc is None else utc + EPOCH)]
    # W times 10^-6 minor units per kWh gives 10^-9 minor units. They are rounded to 10^-6, half away from zero.
    total, unit = price, 1000
    tariff = app.book.tariff(app.clock.zone)
    if tariff:
        total, unit = tariff.exact(utc, price), unit * tariff.unit
    for hours in _HOURS:
        cost = None
        if total is not None and power is not None:
            product = power * total * hours
            cost = (2 * abs(product) + unit) // (2 * unit) * (1 if product > 0 else -1)
        values.append(decimal(cost, 6))
    return (_DATA % tuple(values)).encode()
