"""The imitation of a Shelly Pro 3EM, a meter by which home batteries regulate (Gen2 RPC over HTTP, WebSocket and UDP).

It tells what the meter says as that device would, and nothing once the reading is stale: a battery must not go on with
a number of the past.
"""
import asyncio

from . import frames, udp

#: Kinds of services under which it is announced.
KINDS = "_shelly._tcp", "_http._tcp"
#: How often the ports and the streams are looked at, s.
_LOOK_S = 1


# Lives until it is cancelled.
async def run(app, status):
    """Listen on the UDP ports, announce the Shelly, and end WebSockets whose numbers would be out of date."""
    errors = {}
    tasks = [asyncio.create_task(udp.listen(app, status, port, errors)) for port in frames.PORTS]
    try:
        _announce(app)
        while True:
            await asyncio.sleep(_LOOK_S)
            for task in tasks:
                if task.done():
                    await task  # it has ended for want of memory, which this raises
            wrong = "; ".join([errors[port] for port in frames.PORTS if port in errors])
            status.tell(wrong or "listening", "degraded" if wrong else "ok")
            if app.silence.stale():
                for peer in _peers(app):
                    peer.later()
    finally:
        for kind in KINDS:
            app.names.withdraw(kind)
        for peer in _peers(app):
            peer.connection.end()
        for task in tasks:
            task.cancel()
        for task in tasks:
            try:
                await task
            except asyncio.CancelledError:
                pass  # the end that was wanted


async def serve(app, request):
    """Answer a request over HTTP, see paths.py."""
    from .web import serve

    return await serve(app, request)


def _announce(app):
    from .info import txt

    for kind in KINDS:
        app.names.announce(kind, frames.called(app), app.port, txt(app))


def _peers(app):
    """Those of the WebSockets on the reader's port that are clients of the Shelly."""
    return [guest.stream for guest in app.streams.guests if getattr(guest.stream, "language", "") == "shelly"]
