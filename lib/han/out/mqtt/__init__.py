"""MQTT: readings for a broker, and Home Assistant's discovery. See docs/integrations/mqtt.md.

One task here keeps the time of a connection, and ends and restarts it. Another one talks, see talk.py.
"""
import asyncio

from .client import Client
from .talk import Talk, attempt, opened

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# How often the time of a connection is counted down, ms.
_TICK_MS = const(250)
# Pause before the next attempt, ms. It is doubled after each one that did not hold for _SETTLED_MS.
_FIRST_MS, _LONGEST_MS, _SETTLED_MS = const(1000), const(60000), const(60000)
# Ticks that a goodbye may take; that a test may take.
_GOODBYE, _TEST = const(20), const(36)


# Lives until it is cancelled: when MQTT is switched off or gets other settings, and when the reader ends.
async def run(app, status):
    """Keep a connection to the broker, and publish readings. It never gives up."""
    clock = app.clock
    box = app.bus.subscribe("meter", "state")
    pause = _FIRST_MS
    try:
        while True:
            if not status.state:
                status.tell("connecting")
            began = clock.uptime_ms()
            client = Client(lambda: box.put("ping", None))
            task = asyncio.create_task(attempt(client, Talk(app, status, client, box).run()))
            try:
                while not task.done() and not client.tick(_TICK_MS):
                    await asyncio.sleep(_TICK_MS / 1000)
            finally:
                await _end(task)
            if client.crash:
                raise client.crash
            status.tell(client.trouble, "degraded")
            if clock.uptime_ms() - began >= _SETTLED_MS:
                pause = _FIRST_MS
            # Not all readers of a house should come back to their broker at the same time.
            due = clock.uptime_ms() + pause * (128 + app.board.random(1)[0] // 2) // 256
            pause = min(2 * pause, _LONGEST_MS)
            while clock.uptime_ms() < due:
                await asyncio.sleep(_TICK_MS / 1000)
    finally:
        box.close()


async def _end(task):
    """End a task that talks: it may say goodbye, but not for long."""
    task.cancel()
    for _ in range(_GOODBYE):
        if task.done():
            return
        await asyncio.sleep(_TICK_MS / 1000)
    task.cancel()
    while not task.done():
        await asyncio.sleep(0.01)


async def test(app, settings):
    """Connect with these settings. None where the broker accepts that, else what is wrong, as text. Within 10 s."""
    client = Client(lambda: None)
    task = asyncio.create_task(attempt(client, opened(app, settings, client)))
    for _ in range(_TEST):
        if task.done() or client.tick(_TICK_MS):
            break
        await asyncio.sleep(_TICK_MS / 1000)
    else:
        client.fail("the broker does not answer")
    await _end(task)
    return str(client.crash) if client.crash else client.trouble
