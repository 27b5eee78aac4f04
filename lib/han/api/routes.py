"""The one table of paths and methods, and what each does."""
from microdot.microdot import Microdot, Response

from .connection import refusal

# Path, what answers, methods; what is asked for most comes first. What answers is a message, or a coroutine function
# of a module that is imported for the request: it gets the application and the request. The bytes of a message are a
# whole answer.
TABLE = """
/meter meter GET
/configuration configuration GET
/configuration change.configuration PUT POST PATCH
/han state GET
/meter/id identity.serve GET
/meter/data meter_data GET
/ws listen.ws GET
/sse listen.sse GET
/events listen.events GET
/health health.serve GET
/prices prices.serve GET
/definitions definitions.serve GET
/setup change.setup POST PUT
/wifi/scan scan.serve GET
/auth/token permit.token GET POST
/reboot change.reboot POST
/ota ota.serve GET
/ota update.serve POST DELETE
/ota/activate update.serve POST
/ota/download update.serve POST
/ota/clear update.serve POST
/update ota.serve GET
/update update.serve POST
/diagnostics diagnostics.serve GET
/diagnostics/capture diagnostics.capture GET
/data compact.serve GET
/history/hourly history.serve GET
/history/weekly history.serve GET
/history/monthly history.serve GET
/history/yearly history.serve GET
/ page.serve GET
/ui page.serve GET
"""

# Who is on no row.
_ASTRAY = "han.api.astray"
# What takes 5 to 10 kB, and is refused where that would be taken from others.
_BIG = ("diagnostics", "history", "listen", "update")


def rows(path):
    """Rows of the table for a path, each a list of its words."""
    found = []
    at = TABLE.find("\n%s " % path)
    while at >= 0:
        end = TABLE.find("\n", at + 1)
        row = TABLE[at + 1 : end].split(" ")
        if row[0] == path:  # which may hold a blank
            found.append(row)
        at = TABLE.find("\n%s " % path, end)
    return found


class Routes(Microdot):
    """microdot over the table, of which a row is no object of its own."""

    def __init__(self, app):
        super().__init__()
        self._app = app
        self.error_handlers = {404: self._unknown, Exception: self._failed}  # type: ignore[dict-item]

    def find_route(self, request):
        """As microdot's: (handler, what answers, None), with a dict for OPTIONS or a status in the handler's place."""
        request.url_args = {}
        method = request.method
        if method == "OPTIONS":
            return self.default_options_handler(request), "", None
        for row in rows(request.path):
            if ("GET" if method == "HEAD" else method) in row[2:]:
                return self._answer, row[1], None
        return 404, "", None

    def default_options_handler(self, request):
        """As microdot's: the methods of a path, in a dict."""
        return self._app.modules.call(_ASTRAY, "allowed", request.path)

    async def _answer(self, request):
        app = self._app
        what = request.url_prefix
        if what == "configuration" and "secrets" in (request.query_string or ""):
            what = "backup.configuration"
        name, _, function = what.partition(".")
        if not function:
            return getattr(app.messages, name)() or app.modules.call("han.api.unread", "answer", app)
        if name in _BIG and app.short(app.board.memory_limits[1]):
            return refusal(503, "not enough memory right now", {"Retry-After": "5"})
        name = "han.api." + name
        module = app.modules.take(name)
        try:
            return await getattr(module, function)(app, request)
        finally:
            app.modules.give(name)

    async def _unknown(self, request):
        return self._app.modules.call(_ASTRAY, "answer", request.path)

    async def _failed(self, request, error):
        short = isinstance(error, MemoryError)
        sent = request.sock.sent
        if not short and sent is not False:  # a client that has gone is no fault of the reader's
            self._app.log.crash(request.path, error)
        if sent is not None:  # half an answer ends where it is: its client can tell
            return Response.already_handled
        if short:
            return refusal(503, "out of memory for the moment", {"Retry-After": "5"})
        return refusal(500, "error in the reader")
