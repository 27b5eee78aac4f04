"""Requests that change the configuration or restart the reader. Imported when needed.

Each step forgets what it was made with before the next begins: all of it at once is more than a small heap has.
"""
from ..core.modules import release
from .connection import refusal


async def configuration(app, request):
    """PUT /configuration."""
    return await _change(app, request, False)


async def setup(app, request):
    """POST /setup."""
    return await _change(app, request, True)


async def reboot(app, request):
    """POST /reboot."""
    refused = _refused(app, request)
    if refused:
        return refused
    app.restart("USER")
    return b'{"success":true,"message":"reboot:ok","rebootRequired":true}'


def _refused(app, request):
    from .permit import writable

    release("han.api.permit")
    return writable(app, request)


async def _change(app, request, setup):
    """Take a configuration from a request's body; setup: what is in it is a network's name and password."""
    refused = _refused(app, request)
    if refused:
        return refused
    body = await request.sock.body()
    if body is None:
        return refusal(*request.sock.incoming.wrong)
    try:
        wanted = _wanted(app.config.values, body, setup)
        if wanted != app.config.values:
            app.configure(wanted)
        elif setup:
            app.links.policy().attempts.hurry()
    except ValueError as error:
        return refusal(400, str(error))
    except OSError as error:
        return refusal(503, "the flash does not keep it: %s" % error, {"Retry-After": "60"})
    if setup:
        return b'{"success":true,"message":"setup:ok"}'
    return b'{"success":true,"message":"configuration:ok","rebootRequired":false}'


def _wanted(values, body, setup):
    """The configuration that a body makes of these values; ValueError says what is wrong with it."""
    try:
        from ..core.strictjson import Parser

        given = Parser(body).parse()
        del Parser
        release("han.core.strictjson")
        if setup:
            from .wifisetup import settings

            given = settings(given, values)
            del settings
            release("han.api.wifisetup")
        from .settings import changed

        return changed(given, values)
    finally:
        for name in ("settings", "fields", "access", "wifisetup"):
            release("han.api." + name)
        release("han.core.zonefile", "han.core.strictjson")
