"""The one table of paths and methods, with what answers each of them."""
from ..http.connection import handled, refusal, unread

# A row has a path, what answers it, and its methods. The paths that clients ask for most come first, and all rows of a
# path stand together. What answers is either a method of Messages, whose bytes are the whole answer, or a coroutine
# function of a module of han.api, which is imported for the request. The function gets the application and the request.
TABLE = """
/meter meter GET
/configuration configuration GET
/configuration config.change.configuration PUT POST PATCH
/han state GET
/meter/id routes.identity.serve GET
/meter/data meter_data GET
/ws http.listen.ws GET
/sse http.listen.sse GET
/events http.listen.events GET
/health routes.health.serve GET
/prices routes.prices.serve GET
/alarms routes.alarms.serve GET
/definitions config.definitions.serve GET
/setup config.change.setup POST PUT
/wifi/scan routes.scan.serve GET
/auth/token config.permit.token GET POST
/reboot config.change.reboot POST
/ota messages.ota.serve GET
/ota routes.update.serve POST DELETE
/ota/activate routes.update.serve POST
/ota/download routes.update.serve POST
/ota/clear routes.update.serve POST
/update messages.ota.serve GET
/update routes.update.serve POST
/diagnostics routes.diagnostics.serve GET
/diagnostics/capture routes.diagnostics.capture GET
/data messages.compact.serve GET
/history/hourly routes.past.history.serve GET
/history/weekly routes.past.history.serve GET
/history/monthly routes.past.history.serve GET
/history/yearly routes.past.history.serve GET
/history/sub routes.past.sub.serve GET
/meter/registers routes.registers.serve GET
/peaks routes.peaks.serve GET
/meter/events messages.meter_events.serve GET
/out routes.out.serve GET
/out/test routes.out.test POST
/ page.serve GET
/ui page.serve GET
"""

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# Modules that take 5 to 10 kB. Their requests are refused while memory is so short that others would suffer.
_BIG = (
    "routes.diagnostics", "routes.past.history", "routes.past.sub", "http.listen", "routes.update", "routes.registers",
    "routes.peaks",
)  # fmt: skip


def rows(path):
    """The rows of the table for a path: a list of lists of words; [] for an unknown path."""
    found = []
    begin = "\n%s " % path
    at = TABLE.find(begin)
    while at >= 0:
        end = TABLE.find("\n", at + 1)
        row = TABLE[at + 1 : end].split(" ")
        if row[0] == path:  # it is not, if the path has a blank in it
            found.append(row)
        at = end if TABLE.startswith(begin, end) else -1
    return found


class Routes:
    """Serves the table: messages by itself, all else through microdot.

    microdot's own patterns are regular expressions. On the chip, those go one call deeper for each character of a path.
    So microdot has only one route, and the path is looked up here.
    """

    def __init__(self, app):
        self._app = app

    async def response(self, head, connection):
        """The answer to a request: the bytes of a message, or a Response.

        head: its Head; connection: the Connection that its body comes from
        """
        what = self._found(head)
        if what and "." not in what:
            return self._message(what, head)
        from microdot import Microdot, Request  # imported for a request, see core/modules.py

        microdot = Microdot()
        microdot.route("/", _METHODS)(self._answer)
        microdot.options_handler = lambda request: self._allowed(request.g.head.path)
        microdot.errorhandler(404)(self._unknown)
        microdot.errorhandler(405)(self._unknown)
        microdot.errorhandler(Exception)(self._failed)
        # microdot does not get the query: it would make an object of each name, used or not.
        request = Request(
            microdot, ("", 0), head.method, "/", head.version, head.headers,
            stream=connection.reader, sock=connection,
        )  # fmt: skip
        request.g.head = head
        request.g.what = what
        answer = await microdot.dispatch_request(request)
        # microdot may have been imported again since the answer's module was. Then it takes the answer for a body.
        return answer.body if hasattr(answer.body, "status_code") else answer

    # A message is ready, and asked for more often than all else. To go through microdot would double its time.
    def _message(self, name, head):
        app = self._app
        try:
            return getattr(app.messages, name)() or unread(app)
        except Exception as error:
            return self._apology(head, None, error)

    async def _answer(self, request):
        app = self._app
        head = request.g.head
        request.path = head.path
        request.query_string = head.query
        what = request.g.what
        if not what:
            return await self._unknown(request)
        name, _, function = what.rpartition(".")
        if what[0] == ".":
            return await app.outs.serve(what, request)
        if name in _BIG and app.memory.short(app.board.memory_limits[1]):
            return refusal(503, "not enough memory right now", {"Retry-After": "5"})
        module = __import__("han.api." + name, None, None, (function,))
        return await getattr(module, function)(app, request)

    def _found(self, head):
        """What answers a request, as in the table; None: nothing does."""
        method = "GET" if head.method == "HEAD" else head.method
        for _, what, *methods in self._rows(head.path):
            if method in methods:
                if what == "configuration" and "secrets" in (head.query or ""):
                    return "config.backup.configuration"
                return what
        return None

    def _rows(self, path):
        """The rows of a path, also of one that a language answers; what that has begins with a dot."""
        return rows(path) or self._app.outs.paths(path)

    def _allowed(self, path):
        """The header field with the methods of a path, {"Allow": text}; 404 when there is no such path."""
        names = []
        for row in self._rows(path):
            names += row[2:]
        if path == "*":
            names = ["GET"]
        if "GET" in names:
            names.append("HEAD")
        return {"Allow": ", ".join(names + ["OPTIONS"])} if names else 404

    async def _unknown(self, request):
        fields = self._allowed(request.g.head.path)
        if fields == 404:
            return refusal(404, "no such path")
        return refusal(405, "method must be one of " + fields["Allow"], fields)

    async def _failed(self, request, error):
        return self._apology(request.g.head, request.sock.sent, error)

    def _apology(self, head, sent, error):
        """The Response where an exception was raised. sent: as in Connection."""
        short = isinstance(error, MemoryError)
        if not short and sent is not False:  # a client that has gone is no error of the reader
            self._app.log.crash(head.path, error)
        if sent is not None:  # an answer that has begun ends here, and its client can tell
            return handled()
        if short:
            return refusal(503, "out of memory for the moment", {"Retry-After": "5"})
        return refusal(500, "error in the reader")
