"""What a connection says: that the reader is there, then each reading, until the connection ends."""
import asyncio

from . import packets
from .client import Trouble, whole
from .told import ONLINE, Told

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Small messages are collected up to this size before they are sent, bytes.
_BLOCK = const(512)
# How often it looks for quantities that were not there before, ms.
_SEARCH_MS = const(60000)


async def opened(app, settings, client, will=""):
    """Connect a Client. will: topic of its last will; "": a test, which must not push the real connection out.

    Trouble, OSError or EOFError: there is no connection.
    """
    from .connect import connect

    name = app.identity.serial + ("" if will else "T")
    hello = packets.connect(name, settings["user"], settings["pw"], client.keepalive, will, "offline")
    await client.open(*await connect(app, settings), hello)


async def attempt(client, work):
    """Await what uses a Client, and note in the client what has ended it; then close the client."""
    try:
        await work
    except asyncio.CancelledError:
        pass  # the end that was wanted
    except Trouble as error:
        client.fail(str(error))
    except ValueError as error:  # MicroPython's, for a certificate that is not trusted
        client.fail("not trusted: %s" % error)
    except (OSError, EOFError):
        client.lost()
    except MemoryError:
        client.fail("not enough memory right now")
    except Exception as error:
        client.crash = error
    finally:
        await client.close()


class Talk:
    """Talks over a Client. box: a Mailbox with the topics meter, state and ping."""

    def __init__(self, app, status, client, box):
        self._app = app
        self._status = status
        self._client = client
        self._box = box
        # The name never changes, and has none of the characters that mean something in topics, see core/identity.py.
        self._base = "%s/%s/" % (status.settings["prefix"], app.identity.name)
        self._told = Told(app)
        self._due = 0  # uptime from which on the next reading is sent, ms
        self._search = 0  # uptime from which on new quantities are looked for, ms
        self._expires = 0  # after how many s without a message Home Assistant was told to forget a value

    # Lives until the connection ends, or until it is cancelled.
    async def run(self):
        """Connect and publish."""
        app, client, status, box = self._app, self._client, self._status, self._box
        await opened(app, status.settings, client, self._base + "status")
        try:
            await client.keep(self._base + "status", whole(ONLINE))
            status.tell("connected")
            box.put("state", None)
            while True:
                topic, _ = await box.get()
                status.dropped = box.dropped
                if topic == "ping":
                    await client.send(packets.PING)
                elif topic == "state":
                    await client.keep(self._base + "state", whole(app.messages.stream("state").open + b"}"))
                    status.sent += 1
                else:
                    await self._reading()
        finally:
            if client.trouble is None and client.whole:
                await self._leave()

    async def _leave(self):
        """Say goodbye: MQTT is switched off or has other settings, or the reader restarts."""
        app, client, status = self._app, self._client, self._status
        now, before = app.config.get("out", "mqtt"), status.settings
        gone = status.over and (not now["on"] or now["host"] != before["host"])
        moved = status.over and now["prefix"] != before["prefix"]
        if gone:
            # This broker's clients are to forget the reader. Other settings are told them by the next connection.
            from .discovery import withdraw

            await withdraw(app, client, self._told)
        if gone or moved:
            await client.publish(self._base + "state", b"", True)
        await client.publish(self._base + "status", b"offline", True)
        if moved:
            await client.publish(self._base + "status", b"", True)  # nobody will be there any more
        await client.part()

    async def _reading(self):
        """Publish the latest reading; nothing while the meter is silent, nor before it is due."""
        app, client, status = self._app, self._client, self._status
        live = app.messages.fresh()
        now = app.clock.uptime_ms()
        if live is None or app.silence.stale() or now < self._due:
            return
        every = status.settings["every"]
        # On the average it is sent as often as it should be, whatever the period of the meter is.
        self._due = max(self._due + 1000 * every, now + 500 * every)
        if now >= self._search:
            self._search = now + _SEARCH_MS
            await self._announce(live, every)
        await client.publish(self._base + "meter", app.messages.stream("meter").open + b"}")
        status.sent += 1
        data = b""
        for key, text in self._told.values(live):
            text = text.encode()
            data += packets.publish(self._base + key, len(text)) + text
            status.sent += 1
            if len(data) >= _BLOCK:
                await client.send(data)
                data = b""
        await client.send(data)

    async def _announce(self, live, every):
        """Tell Home Assistant of new quantities, and when their values expire."""
        # Nothing is sent from the moment on when /meter is 503. That is 6 periods, but not before a minute.
        expires = max(60, 3 * every, (live.period_ms + 5000) // 10000 * 60)
        if self._told.look(live) or expires > self._expires:
            from .discovery import announce

            self._expires = max(self._expires, expires)
            await announce(self._app, self._client, self._status.settings["ha"], self._base, self._told, self._expires)
