"""The one table of paths and methods, and what each does."""
import asyncio

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
        self._restart = restart
        self._messages = messages
        self._streams = streams
        self._link = link
        self._tokens = tokens
        self._report = report
        self._config = config
        self._configure = configure
        self._links = links
        self._history = history
        self._users = 0  # of the module for history, right now

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
            ("/prices", get, self.prices),
            ("/definitions", get, self.definitions),
            ("/setup", ("POST", "PUT"), self.setup),
            ("/wifi/scan", get, self.scan),
            ("/auth/token", ("GET", "POST"), self.token),
            ("/reboot", post, self.reboot),
            ("/ota", ("GET", "POST", "DELETE"), self.ota),
            ("/ota/activate", post, self.ota),
            ("/ota/download", post, self.ota),
            ("/ota/clear", post, self.ota),
            ("/update", ("GET", "POST"), self.ota),
            ("/diagnostics", get, self.diagnostics),
            ("/diagnostics/capture", get, self.capture),
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
        if request.method in ("GET", "HEAD"):
            message = self._messages.configuration()
            return self._secrets(request, message) if "secrets" in (request.query_string or "") else message
        return await self._change(request, None)

    async def setup(self, request):
        from .wifisetup import settings

        release("han.api.wifisetup")
        return await self._change(request, settings)

    async def _change(self, request, translate):
        """Take a configuration from a request's body; translate makes one of what is in it, where given."""
        refused = self._writable(request)
        if refused:
            return refused
        body = await request.sock.body()
        if body is None:
            return refusal(400, "body shorter than its content-length")
        try:
            from .body import Parser

            given = Parser(body).parse()
            del Parser, body
            release("han.api.body")  # one after the other, for a small heap
            if translate:
                given = translate(given, self._config.values)
            from .settings import changed

            values = changed(given, self._config.values)
            if values != self._config.values:
                self._configure(values)
            elif translate:
                self._links.policy().hurry()
        except ValueError as error:
            return refusal(400, str(error))
        except OSError as error:
            return refusal(503, "the flash does not keep it: %s" % error, {"Retry-After": "60"})
        finally:
            for name in ("api.settings", "api.body", "api.fields", "core.zonefile"):
                release("han." + name)
        if translate:
            return b'{"success":true,"message":"setup:ok"}'
        return b'{"success":true,"message":"configuration:ok","rebootRequired":false}'

    def _secrets(self, request, message):
        """The configuration with its secrets, for who knows the access password."""
        if not same_origin(request.headers):
            return refusal(403, "origin is not this reader")
        if not self._config.get("pw"):
            return refusal(409, "secrets are told only where an access password (pw) is set")
        refused = self._trusted(request)
        if refused:
            return refused
        from .backup import with_secrets

        release("han.api.backup")
        return with_secrets(message, self._config.values)

    async def reboot(self, request):
        refused = self._writable(request)
        if refused:
            return refused
        self._restart("USER")
        return b'{"success":true,"message":"reboot:ok","rebootRequired":true}'

    async def scan(self, request):
        scan = self._links.scan
        if scan:
            scan.look()
        if scan is None or "x-scan-start" in request.headers and scan.status != "SCAN_RUNNING":
            if not same_origin(request.headers):
                return refusal(403, "origin is not this reader")
            from ..net.scan import Scan

            release("han.net.scan")
            scan = self._links.scan = Scan(self._links, self._links.clock)
        return scan.body

    async def ota(self, request):
        if request.method in ("GET", "HEAD"):
            return self._messages.update() if request.path == "/update" else self._messages.ota()
        if not same_origin(request.headers):
            return refusal(403, "origin is not this reader")
        try:
            from .update import serve

            return await serve(request, self._updates, self._messages, self._trusted, self._config.get("pw"))
        finally:
            forget(self._updates)
            release("han.api.update")

    async def definitions(self, request):
        from .definitions import definitions

        for name in ("api.definitions", "api.fields", "core.zonefile"):
            release("han." + name)
        return Response(definitions(), 200, {"Content-Type": "application/json"})

    async def health(self, request):
        return self._messages.health(self._streams.figures())

    async def prices(self, request):
        return Response(self._messages.prices(), 200, {"Content-Type": "application/json"})

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

    async def token(self, request):
        if not same_origin(request.headers):
            return refusal(403, "origin is not this reader")
        tokens = self._tokens()
        password = self._config.get("pw")
        if password and not tokens.knows(request.headers.get("authorization"), password):
            await asyncio.sleep(1)  # who tries them all needs patience
            return refusal(401, "access password needed", {"WWW-Authenticate": 'Basic realm="HAN reader"'})
        return self._messages.token(tokens.issue())

    async def diagnostics(self, request):
        return self._trusted(request) or Response(self._report(), 200, {"Content-Type": "application/json"})

    async def capture(self, request):
        refused = self._trusted(request)
        if refused:
            return refused
        fields = {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": 'attachment; filename="capture.bin"',
        }
        try:
            data = self._link.capture.anonymised()
        except MemoryError:
            return refusal(503, "not enough memory right now", {"Retry-After": "10"})
        pieces = (bytes(data[at : at + 512]) for at in range(0, len(data), 512))
        return Response(pieces, 200, fields)  # type: ignore[arg-type]

    def _writable(self, request):
        """The refusal of a request that may not change anything, else None."""
        if not same_origin(request.headers):
            return refusal(403, "origin is not this reader")
        return self._trusted(request) if self._config.get("pw") else None

    def _trusted(self, request):
        """The refusal of a request without a good token, else None."""
        refused = self._tokens().refuse(request.headers.get("authorization"))
        if not refused:
            return None
        return refusal(refused[0], refused[1], {"WWW-Authenticate": "Bearer"} if refused[0] == 401 else None)

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
