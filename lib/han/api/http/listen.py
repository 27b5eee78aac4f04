"""GET /ws, /sse and /events: turns a request into a stream. Imported for such a request."""
from microdot import Response

from ...net.websocket import SWITCHING, upgrade
from ..config.permit import foreign
from .connection import refusal

# There is no empty line after `retry`: it would end an event, and some clients report an empty one.
_SSE_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
    b"Connection: close\r\n\r\nretry: 3000\n"
)


async def ws(app, request):
    """GET /ws: opens a WebSocket. 400 without its handshake, 503 when there is no room for one more."""
    accept = upgrade(request.headers)
    if accept is None or request.method != "GET":
        fields = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
        return refusal(400, "a WebSocket handshake is expected here", fields)
    return foreign(request) or _open(app, request, "ws", SWITCHING % accept)


async def sse(app, request):
    """GET /sse: opens an event stream; 503 when there is no room for one more."""
    if request.method == "HEAD":
        return Response(b"", 200, {"Content-Type": "text/event-stream"})
    return _open(app, request, "sse", _SSE_HEAD)


async def events(app, request):
    """GET /events: an event stream for clients that accept one, the reader's page for all others."""
    if "text/event-stream" in request.headers.get("accept", ""):
        return await sse(app, request)
    from ..page import serve

    return await serve(app, request)


def _open(app, request, kind, hello):
    streams = app.streams
    why = streams.full(kind)
    if why:
        return refusal(503, why, {"Retry-After": "30", "Content-Type": "application/json"})
    streams.open(kind, request.sock, hello)
    return Response.already_handled
