"""Version 1 of the API: /api, /api/v1/data, /telegram, /system and /identify. It has no tokens, and writes nothing."""
from json import loads

from .device import blink, device, plain, refusal
from .measurement import measurement

_INVALID_JSON, _INVALID_VALUE, _INTERNAL = 2, 7, 901


async def answer(app, status, request):
    """The answer to a request."""
    path = request.g.head.path
    method = request.g.head.method
    if method == "HEAD":
        method = "GET"
    if path == "/api/v1/system" and method == "PUT":
        wrong = _wrong(await request.sock.body())
        return wrong or b'{"cloud_enabled":false}'
    if path == "/api/v1/identify" and method == "PUT":
        blink(app)
        return b'{"identify":"ok"}'
    if method == "GET":
        if path == "/api":
            return device(app, "v1")
        if path == "/api/v1/data":
            live = app.messages.fresh()
            return measurement(app, live, 1) if live else refusal(503, "no recent telegram", _INTERNAL)
        if path == "/api/v1/system":
            return b'{"cloud_enabled":false}'
        if path == "/api/v1/telegram":
            from .telegram import response

            return await response(app, request.sock)
    elif path in ("/api", "/api/v1/data", "/api/v1/system", "/api/v1/telegram", "/api/v1/identify"):
        return plain(b"Method not allowed", 405)
    return plain(b"Not found", 404)


def _wrong(body):
    """The Response that refuses the body of a PUT of the system; None for a good one, which changes nothing."""
    try:
        values = loads((body or b"").decode())
    except (ValueError, RuntimeError):
        values = None
    if not isinstance(values, dict):
        return refusal(400, "Body contains invalid json", _INVALID_JSON)
    if type(values.get("cloud_enabled")) is not bool:
        return refusal(400, "cloud_enabled must be true or false", _INVALID_VALUE)
    return None
