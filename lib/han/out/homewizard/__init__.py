"""HomeWizard's local API of a P1 meter, versions 1 and 2, on the reader's own port. It is an imitation.

Version 2 is for HTTPS, where a certificate is provisioned. Both have the path /api: over HTTPS, a request is one of
version 2 if it says so (X-Api-Version), or has a token; Home Assistant asks without either whether there is version 2,
and would then insist on a certificate of HomeWizard's own.
"""
import asyncio

_KINDS = ("_hwenergy._tcp", "_homewizard._tcp")


# Lives until the language is switched off.
async def run(app, status):
    """Announce the API, and look after the clients of version 2."""
    from .device import Device, announce

    status.device = device = Device(app, status)
    app.links.taker = device.take
    try:
        announce(app)
        status.tell("listening")
        while True:
            await asyncio.sleep(device.look_s)
            device.look()
    finally:
        app.links.taker = None
        for kind in _KINDS:
            app.names.withdraw(kind)
        device.close()
        status.device = None


async def serve(app, request):
    """Answer a request for /api and what is below it."""
    from .device import refusal

    status = app.outs.status("homewizard")
    if not status or not status.device:
        return refusal(503, "starting")
    status.sent += 1
    path, headers = request.g.head.path, request.headers
    version = headers.get("x-api-version", "").partition(".")[0]
    if path == "/api":
        newer = version not in ("", "1") or version == "" and "authorization" in headers
    else:
        newer = not path.startswith("/api/v1")
    if newer and request.sock.secure:
        from . import second as api

        return await api.answer(app, status, request, version)
    from .first import answer

    return await answer(app, status, request)
