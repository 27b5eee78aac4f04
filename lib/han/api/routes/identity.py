"""GET /meter/id. Imported when needed: clients ask once."""
from ...meter import identity
from ..http.connection import unread
from ..messages.encode import text

# Of electricity meters there is only one type, E.
_IDENTITY = '{"type":"HAN_METER_IDENTITY_MESSAGE","manufacturerId":%s,"deviceType":"E","meterId":%s,"meterName":%s}'


async def serve(app, request):
    """Who the meter is; 503 before the first reading."""
    live = app.messages.reading()
    if live is None:
        return unread(app)
    maker, model, number = identity.of(live)
    return (_IDENTITY % (text(maker), text(number), text(model))).encode()
