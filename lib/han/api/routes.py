"""The one table of paths and methods, and what each does."""

from microdot.microdot import Response

from ..core.modules import release
from ..ota.updates import forget
from . import websocket
from .access import same_origin
from .server import refusal


class Routes:
    """Handlers over the messages and the streams; the bytes of a message are a whole answer.

    All are coroutines: microdot would run others in threads on CPython.
    """

    def __init__(self, messages, streams, link, history, tokens, report, config, configure, restart, links, updates):
        self._updates = updates
        self._messages = messages
        self._streams = streams
        self._link = link
        self._tokens = tokens
        self._config = config
        self._parts = messages, link, tokens, report, config, configure, restart, links  # of what is rare
        self._history = history
        self._users = self._callers = 0  # of the modules for history and for what is rare, right now

    def table(self):
        """(path, methods, handler); what is asked for most comes first."""
        get = ("GET",)
        post = ("POST",)
        return (
            ("/meter", get, self.meter),
            ("/configuration", ("GET", "PUT", "POST", "PATCH"), self.configuration),
            ("/han", get, self.han),
            ("/meter/id", get, self.meter_id),
            ("/meter/data", get, self.meter_data),
            ("/ws", get, self.ws),
            ("/sse", get, self.sse),
            ("/events", get, self.events),
            ("/health", get, self.health),
            ("/prices", get, self.rare),
            ("/definitions", get, self.rare),
            ("/setup", ("POST", "PUT"), self.rare),
            ("/wifi/scan", get, self.rare),
            ("/auth/token", ("GET", "POST"), self.rare),
            ("/reboot", post, self.rare),
            ("/ota", ("GET", "POST", "DELETE"), self.ota),
            ("/ota/activate", post, self.ota),
            ("/ota/download", post, self.ota),
            ("/ota/clear", post, self.ota),
            ("/update", ("GET", "POST"), self.ota),
            ("/diagnostics", get, self.rare),
            ("/diagnostics/capture", get, self.rare),
            ("/data", get, self.data),
            ("/history/hourly", get, self.history),
            ("/history/weekly", get, self.history),
            ("/history/monthly", get, self.history),
            ("/history/yearly", get, self.history),
            ("/", get, self.page),
            ("/ui", get, self.page),
        )

    async def meter(self, request):
        return self._reading(self._messages.meter())

    async def meter_data(self, request):
        return self._reading(self._messages.meter_data())

    async def meter_id(self, request):
        return self._reading(self._messages.meter_id())

    def _reading(self, message):
        if message is None:
            fields = {"Content-Type": "text/plain; charset=utf-8", "Retry-After": "5"}
            return Response(self._link.diagnosis() or "no reading yet", 503, fields)
        return message

    async def han(self, request):
        return self._messages.state()

    async def configuration(self, request):
        if request.method in ("GET", "HEAD") and "secrets" not in (request.query_string or ""):
            return self._messages.configuration()
        return await self.rare(request)

    async def rare(self, request):
        """What is asked for now and then, by handlers that are loaded for it."""
        self._callers += 1
        try:
            from .rare import Rare

            return await Rare(*self._parts).serve(request)
        finally:
            self._callers -= 1
            if not self._callers:
                release("han.api.rare")

    async def ota(self, request):
        if request.method in ("GET", "HEAD"):
            return self._messages.update() if request.path == "/update" else self._messages.ota()
        if not same_origin(request.headers):
            return refusal(403, "origin is not this reader")
        try:
            from .update import serve

            return await serve(request, self._updates, self._messages, self._tokens().trusted, self._config.get("pw"))
        finally:
            forget(self._updates)
            release("han.api.update")

    async def health(self, request):
        return self._messages.health(self._streams.figures())

    async def data(self, request):
        from .compact import compact

        message = self._messages.compact(compact)
        release("han.api.compact")
        return self._reading(message)

    async def history(self, request):
        if self._history is None:
            return refusal(503, "this reader keeps no history", {"Retry-After": "60"})
        self._users += 1
        try:
            from .history import serve

            return await serve(request, self._history)
        finally:
            self._users -= 1
            if not self._users:
                release("han.api.history", "han.store.clocksteps", "han.store.samples", "han.store.records")

    async def ws(self, request):
        accept = websocket.upgrade(request.headers)
        if accept is None or request.method != "GET":
            fields = {"Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
            return refusal(400, "a WebSocket handshake is expected here", fields)
        if not same_origin(request.headers):
            return refusal(403, "origin is not this reader")
        return self._stream("ws", request, accept)

    async def sse(self, request):
        if request.method == "HEAD":
            return Response(b"", 200, {"Content-Type": "text/event-stream"})
        return self._stream("sse", request)

    async def events(self, request):
        if "text/event-stream" in request.headers.get("accept", ""):
            return await self.sse(request)
        return await self.page(request)

    async def page(self, request):
        from .page import serve

        release("han.api.page")
        return await serve(request)

    def _stream(self, kind, request, accept=None):
        streams = self._streams
        if streams.full(kind):
            fields = {"Retry-After": "30", "Content-Type": "application/json"}
            return refusal(503, "too many streams", fields)
        streams.open(kind, request.sock, accept)
        return Response.already_handled
