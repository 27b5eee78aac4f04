"""P1 over TCP: each client gets what a P1 port would send, as the meter's own telegrams or as virtual ones.

On boards with a free pin it also goes out of a second UART, to what has a P1 plug.
"""
import asyncio

from ..serve import Server
from .source import Source

_CLIENTS = 2
#: A client must take a telegram within this time, ms. Until then it misses the others. The reading is still fresh then.
_STALL_MS = 30000
_CHUNK = 64  # bytes: clients have nothing to say
#: Bytes that fit into the second UART's buffer at once; pause until it is looked at again, s.
_PIECE, _LOOK_S = 1024, 0.02


# Lives until the language is switched off, or its settings change.
async def run(app, status):
    """Serve P1 on its port, and at the second UART's pin."""
    settings = status.settings
    source = app.bus.subscribe("meter", kind=Source)
    server = Server(app, status, settings["port"], lambda client: _talk(app, client, source, status), _CLIENTS)
    plug = feeding = None
    try:
        source.start(app, status, server)
        if settings["uart"]:
            plug = _opened(app.board, source)
        if plug:
            feeding = asyncio.create_task(_feed(app, plug, source, status))
        await server.run()
    finally:
        source.close()
        if feeding:
            feeding.cancel()
        if plug:
            plug.close()


def _opened(board, source):
    """The second UART; None where there is none, for the reason that the source then tells."""
    try:
        if board.spare_uart:
            return board.plug()
        reason = "this board has no free pin for a P1 plug"
    except (OSError, ValueError) as error:
        reason = "the second UART does not start: %s" % error
    source.lacks(reason)


# Lives as long as one client. What it says is ignored.
async def _talk(app, client, source, status):
    client.left = None
    writer = asyncio.create_task(_write(app, client, source, status))
    try:
        while await client.read(_CHUNK):
            await asyncio.sleep(0.1)  # who sends much is not read fast
    finally:
        writer.cancel()


# Lives as long as its client's _talk(), or until the client takes nothing more.
async def _write(app, client, source, status):
    async def send(data):
        await client.send(data, _STALL_MS)
        status.sent += 1

    try:
        await source.follow(send)
    except (OSError, MemoryError):
        pass  # the client is gone, or there is no memory for it now: it may connect again
    except Exception as error:
        app.log.crash("p1", error)
    client.end()


# Lives as long as run().
async def _feed(app, plug, source, status):
    async def send(data):
        if plug.asked():
            for at in range(0, len(data), _PIECE):
                while not plug.idle():
                    await asyncio.sleep(_LOOK_S)
                plug.write(data[at : at + _PIECE])
            status.sent += 1

    try:
        await source.follow(send)
    except Exception as error:
        app.log.crash("p1", error)
        source.lacks("the second UART failed: %s" % error)
