"""The imitation of a Shelly Pro 3EM, a meter by which home batteries regulate (Gen2 RPC over HTTP, WebSocket and UDP).

It tells what the meter says as that device would, and nothing once the reading is stale: a battery must not go on with
a number of the past.
"""
import asyncio

from .frames import PORTS
from .udp import Port
from .web import serve  # noqa: F401  answers HTTP, see paths.py

#: How often the ports and the streams are looked at, s.
_LOOK_S = 1


# Lives until it is cancelled.
async def run(app, status):
    """Listen on the UDP ports, and end WebSockets whose numbers would be out of date."""
    ports = [Port(app, status, number) for number in PORTS]
    tasks = [asyncio.create_task(port.run()) for port in ports]
    try:
        while True:
            await asyncio.sleep(_LOOK_S)
            wrong = ", ".join([port.error for port in ports if port.error])
            status.tell(wrong or "listening", "degraded" if wrong else "ok")
            if app.silence.stale():
                for peer in _peers(app):
                    peer.later()
    finally:
        for peer in _peers(app):
            peer.connection.end()
        for task in tasks:
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass  # the end that was wanted


def _peers(app):
    """Those of the WebSockets on the reader's port that are clients of the Shelly."""
    return [guest.stream for guest in app.streams.guests if getattr(guest.stream, "language", "") == "shelly"]
