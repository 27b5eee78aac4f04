"""Checks whether the API can be reached. Once a minute the reader asks itself through a socket, as a client would.

1. Another client was served in that minute, or the reader answers itself, whatever the answer: all is well.
2. There is no network: there is nothing to reach, so nothing is wrong.
3. There is no socket or no memory to ask with: the streams are ended to make room, and it asks again.
4. There is no answer, three minutes in a row: the streams are ended and the reader restarts. It does not restart
   within an hour of a start after a crash, so that nothing can keep a healthy reader restarting.
"""
import asyncio

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Time between two questions, s.
_EVERY = const(60)
# The API counts as unreachable after so many questions in a row without an answer.
_MOST = const(3)
# After a start that followed a crash, there is no restart for so long, ms.
_HOUR_MS = const(3600000)


class Reach:
    """Asks the API whether it answers.

    port()    the port of the API
    served()  number of requests that were answered so far
    shed()    ends all streams
    restart   App.restart
    report    function of health and error, for the row of /health
    """

    #: Time for an answer, s. Pause before it asks again with more room, s.
    patience = 20
    again = 5

    def __init__(self, board, links, clock, port, served, shed, restart, report):
        self._board = board
        self._links = links
        self._clock = clock
        self._port = port
        self._served = served
        self._shed = shed
        self._restart = restart
        self._report = report
        self._seen = served()
        self._silent = 0

    # Lives as long as the application.
    async def run(self):
        """Ask every minute, for ever."""
        while True:
            await asyncio.sleep(_EVERY)
            await self.turn()

    async def turn(self):
        """Ask once."""
        if self._links.lost is not None or self._served() != self._seen or await self._answers():
            self._silent = 0
            self._report("ok", None)
        else:
            self._silent += 1
            self._report("degraded", "no answer, %d times" % self._silent)
            if self._silent >= _MOST:
                self._give_up()
        self._seen = self._served()

    async def _answers(self):
        for _ in range(2):
            try:
                return await asyncio.wait_for(self._ask(), self.patience)
            except asyncio.TimeoutError:
                return False
            except (OSError, MemoryError):  # no socket, or no memory for one
                self._shed()
                await asyncio.sleep(self.again)
        return False

    async def _ask(self):
        host = self._board.listen[0]
        if host == "0.0.0.0":
            host = "127.0.0.1"
        reader, writer = await asyncio.open_connection(host, self._port())
        try:
            writer.write(b"HEAD /han HTTP/1.0\r\n\r\n")
            await writer.drain()
            return bool(await reader.read(16))
        finally:
            writer.close()
            try:
                await writer.wait_closed()
            except OSError:
                pass  # the other end has closed it first

    def _give_up(self):
        self._shed()
        if self._board.reset_reason == "CRASH" and self._clock.uptime_ms() < _HOUR_MS:
            self._report("failed", "unreachable")
        else:
            self._restart("CRASH", "unreachable")
