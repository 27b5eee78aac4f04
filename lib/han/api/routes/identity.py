"""GET /meter/id. Imported when needed, as clients ask for it only once."""
from ...meter import identity
from ..http.connection import unread
from ...core.encode import text

# deviceType is always E: an electricity meter.
_IDENTITY = '{"type":"HAN_METER_IDENTITY_MESSAGE","manufacturerId":%s,"deviceType":"E","meterId":%s,"meterName":%s}'


async def serve(app, request):
    """The message with the meter's maker, model and number, bytes; 503 before the first reading."""
    live = app.messages.reading()
    if live is None:
        return unread(app)
    maker, model, number = identity.of(live)
    return (_IDENTITY % (text(maker), text(number), text(model))).encode()
