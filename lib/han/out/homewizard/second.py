"""Version 2 of the API, for HTTPS: /api, /api/measurement, /system, /telegram, /user and /ws. It needs tokens."""
from json import loads

from .device import VERSION, blink, plain, refusal
from .topics import topic, wrong
from .users import create, delete, foreign, known, listed

_NO_TELEGRAM = "telegram:no-telegram-received"
#: The paths, and the methods of each.
_PATHS = {
    "/api": "GET", "/api/measurement": "GET", "/api/system": "GET PUT", "/api/telegram": "GET", "/api/ws": "GET",
    "/api/user": "GET POST DELETE", "/api/system/identify": "PUT",
}  # fmt: skip


async def answer(app, status, request, version):
    """The answer to a request. version: the one that it asks for, text; "": any."""
    response = await _answer(app, status, request, version)
    if isinstance(response, bytes):
        from microdot import Response

        response = Response(response, 200, {"Content-Type": "application/json"})
    response.headers["X-Api-Version"] = VERSION
    return response


async def _answer(app, status, request, version):
    head = request.g.head
    path, method = head.path, "GET" if head.method == "HEAD" else head.method
    if version not in ("", "2"):
        return refusal(400, "request:api-version-not-supported")
    methods = _PATHS.get(path)
    if not methods:
        return refusal(404, "request:not-found")
    if method not in methods.split(" "):
        return refusal(405, "request:method-not-allowed")
    if path == "/api/ws":
        from .socket import opened

        return opened(app, status, request)
    if path == "/api/user" and method == "POST":
        if foreign(request.headers):
            return refusal(403, "user:creation-not-enabled")
        values = _values(await request.sock.body())
        return refusal(400, "request:invalid-json") if values is None else create(app, status.device, values)
    name = known(app, request.headers.get("authorization", "").partition(" ")[2].strip())
    if name is None:
        return refusal(401, "user:unauthorized")
    if path == "/api/user":
        if method == "GET":
            return listed(app, name)
        body = await request.sock.body()
        values = _values(body) if body else {"name": name}
        return refusal(400, "request:invalid-json") if values is None else delete(app, status.device, values)
    if path == "/api/system/identify":
        blink(app)
        return plain(b"", 204)
    if path == "/api/telegram":
        from .telegram import response

        return await response(app, request.sock)
    if method == "PUT":
        values = _values(await request.sock.body())
        error = "request:invalid-json" if values is None else wrong(values)
        if error:
            return refusal(400, error)
    return topic(app, path[5:], name) or refusal(503, _NO_TELEGRAM)


def _values(body):
    """The JSON object in a body, a dict; None where there is none."""
    try:
        values = loads((body or b"").decode())
    except (ValueError, RuntimeError):  # not JSON, or nested too deeply for this interpreter
        return None
    return values if isinstance(values, dict) else None
