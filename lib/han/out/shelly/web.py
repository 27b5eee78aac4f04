"""Calls over HTTP, and the beginning of those over a WebSocket, at /shelly and /rpc of the reader's port."""
from ...net.origin import same_origin
from ...net.websocket import SWITCHING, upgrade
from . import frames, rpc

_JSON = {"Content-Type": "application/json"}
# The HTTP status where there is no reading to tell.
_NO_READING = 503


async def serve(app, request):
    """The answer to a request: the bytes of a result, or a Response that refuses it."""
    head = request.g.head
    method = head.path[5:]
    if head.path == "/shelly":
        return rpc.call(app, "Shelly.GetDeviceInfo", None)
    if head.method == "POST":
        return await _posted(app, request, method)
    if method:
        return _answer(rpc.call(app, method, _parameters(head.query or "")))
    if "upgrade" in head.headers:
        return _stream(app, request)
    return rpc.call(app, "Shelly.ListMethods", None)


async def _posted(app, request, method):
    """POST /rpc takes a whole frame, and answers with one. POST /rpc/Method takes and gives what is inside of it."""
    data = await request.sock.body()
    if data is None:
        return _refusal(*request.sock.incoming.wrong)
    asked = frames.parse(data) if data or not method else {}
    if asked is None:
        return _refusal(400, "body must be an object in JSON, of %d bytes at most" % frames.LARGEST)
    if method:
        return _answer(rpc.call(app, method, asked))
    if not frames.named(asked):
        return _refusal(400, "Missing or bad argument 'id'!")
    found = rpc.call(app, asked.get("method"), asked.get("params"))
    frame = frames.framed(app, asked, found)
    return _told(frame, _NO_READING) if frames.silent(found) else frame


def _parameters(query):
    """The parameters of a query: numbers, true, false, and texts for the rest."""
    found = {}
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if value.isdigit() and len(value) < 10:
            value = int(value)
        elif value in ("true", "false"):
            value = value == "true"
        found[name] = value
    return found


def _answer(found):
    if isinstance(found, bytes):
        return found
    status = found[0] if found[0] > 0 else 400
    return _told(frames.problem(found), _NO_READING if frames.silent(found) else status)


def _refusal(status, message):
    return _told(frames.problem((status, message)), status)


def _told(data, status):
    # microdot is forgotten between requests, see core/modules.py. What is imported with a module would be kept.
    from microdot import Response

    return Response(data, status, _JSON)


def _stream(app, request):
    accept = upgrade(request.headers)
    if accept is None or request.method != "GET":
        return _refusal(400, "a WebSocket handshake is expected here")
    if not same_origin(request.headers):
        return _refusal(403, "origin is not this reader")
    status = app.outs.status("shelly")
    why = app.streams.full("guest") if status else "it has not begun yet"
    if why:
        return _refusal(503, why)
    from microdot import Response

    from .peer import Peer

    Peer(app, request.sock, SWITCHING % accept, status)
    return Response.already_handled
