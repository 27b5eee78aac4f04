"""Requests that change the configuration or restart the reader. Imported when needed."""
from ..core.modules import release
from .permit import writable
from .server import refusal


async def configuration(app, request):
    """PUT /configuration."""
    return await _change(app, request, None)


async def setup(app, request):
    """POST /setup."""
    from .wifisetup import settings

    release("han.api.wifisetup")
    return await _change(app, request, settings)


async def reboot(app, request):
    """POST /reboot."""
    refused = writable(app, request)
    if refused:
        return refused
    app.restart("USER")
    return b'{"success":true,"message":"reboot:ok","rebootRequired":true}'


async def _change(app, request, translate):
    """Take a configuration from a request's body; translate makes one of what is in it, where given."""
    refused = writable(app, request)
    if refused:
        return refused
    body = await request.sock.body()
    if body is None:
        return refusal(400, "body shorter than its content-length")
    values = app.config.values
    try:
        from .body import Parser

        given = Parser(body).parse()
        del Parser, body
        release("han.api.body")  # one after the other, for a small heap
        if translate:
            given = translate(given, values)
        from .settings import changed

        wanted = changed(given, values)
        if wanted != values:
            app.configure(wanted)
        elif translate:
            app.links.policy().hurry()
    except ValueError as error:
        return refusal(400, str(error))
    except OSError as error:
        return refusal(503, "the flash does not keep it: %s" % error, {"Retry-After": "60"})
    finally:
        for name in ("settings", "body", "fields", "access"):
            release("han.api." + name)
        release("han.core.zonefile")
    if translate:
        return b'{"success":true,"message":"setup:ok"}'
    return b'{"success":true,"message":"configuration:ok","rebootRequired":false}'
