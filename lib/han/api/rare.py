"""Handlers of what is asked for now and then: changes, setup, tokens, diagnosis. Loaded for one request."""
import asyncio

from microdot.microdot import Response

from ..core.modules import release
from .access import same_origin
from .server import refusal

_JSON = {"Content-Type": "application/json"}


class Rare:
    """Handlers of one request, over the same collaborators as Routes."""

    def __init__(self, messages, link, tokens, report, config, configure, restart, links):
        self._messages = messages
        self._link = link
        self._tokens = tokens
        self._report = report
        self._config = config
        self._configure = configure
        self._restart = restart
        self._links = links

    async def serve(self, request):
        """The response, by the request's path."""
        path = request.path
        if path == "/prices":
            return Response(self._messages.prices(), 200, _JSON)
        if path == "/definitions":
            return self._definitions()
        if path == "/configuration" or path == "/setup":
            return await self._configuration(request)
        if path == "/auth/token":
            return await self._token(request)
        if path == "/wifi/scan":
            return self._scan(request)
        if path == "/reboot":
            return self._reboot(request)
        return self._trusted(request) or self._diagnosis(path)

    async def _configuration(self, request):
        if request.method in ("GET", "HEAD"):
            return self._secrets(request)
        refused = self._writable(request)
        if refused:
            return refused
        body = await request.sock.body()
        if body is None:
            return refusal(400, "body shorter than its content-length")
        setup = request.path == "/setup"
        try:
            from .body import Parser

            given = Parser(body).parse()
            del Parser, body
            release("han.api.body")  # one after the other, for a small heap
            if setup:
                from .wifisetup import settings

                release("han.api.wifisetup")
                given = settings(given, self._config.values)
            from .settings import changed

            values = changed(given, self._config.values)
            if values != self._config.values:
                self._configure(values)
            elif setup:
                self._links.policy().hurry()
        except ValueError as error:
            return refusal(400, str(error))
        except OSError as error:
            return refusal(503, "the flash does not keep it: %s" % error, {"Retry-After": "60"})
        finally:
            release("han.api.settings", "han.api.body", "han.api.fields", "han.core.zonefile")
        if setup:
            return b'{"success":true,"message":"setup:ok"}'
        return b'{"success":true,"message":"configuration:ok","rebootRequired":false}'

    def _secrets(self, request):
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
        return with_secrets(self._messages.configuration(), self._config.values)

    def _reboot(self, request):
        refused = self._writable(request)
        if refused:
            return refused
        self._restart("USER")
        return b'{"success":true,"message":"reboot:ok","rebootRequired":true}'

    def _scan(self, request):
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

    def _definitions(self):
        from .definitions import definitions

        release("han.api.definitions", "han.api.fields", "han.core.zonefile")
        return Response(definitions(), 200, _JSON)

    async def _token(self, request):
        if not same_origin(request.headers):
            return refusal(403, "origin is not this reader")
        tokens = self._tokens()
        password = self._config.get("pw")
        if password and not tokens.knows(request.headers.get("authorization"), password):
            await asyncio.sleep(1)  # who tries them all needs patience
            return refusal(401, "access password needed", {"WWW-Authenticate": 'Basic realm="HAN reader"'})
        return tokens.message()

    def _diagnosis(self, path):
        if path == "/diagnostics":
            return Response(self._report(), 200, _JSON)
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
        return self._tokens().trusted(request)
