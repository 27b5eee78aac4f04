"""P1 out of a second UART, for chargers with a P1 plug. Imported where it is switched on."""
import asyncio

# Bytes that fit into the second UART's buffer at once; pause until it is looked at again, ms.
_PIECE, _LOOK_MS = 1024, 20


def opened(app, source, status):
    """A Plug that sends what a Source has; None where there is no UART for it, for a reason that the source tells."""
    try:
        if app.board.spare_uart:
            return Plug(app, source, status)
        reason = "this board has no free pin for a P1 plug"
    except (OSError, ValueError) as error:
        reason = "the second UART does not start: %s" % error
    source.lacks(reason)


class Plug:
    """Sends telegrams out of the second UART until it is closed. OSError, ValueError: that UART does not start."""

    def __init__(self, app, source, status):
        self._log = app.log
        self._source = source
        self._status = status
        self._uart = app.board.plug()
        self._task = asyncio.create_task(self._feed())

    def close(self):
        """Send nothing more."""
        self._task.cancel()
        self._uart.close()

    # Lives until close().
    async def _feed(self):
        try:
            await self._source.follow(self._send)
        except Exception as error:
            self._log.crash("p1", error)
            self._source.lacks("the second UART failed: %s" % error)

    async def _send(self, data):
        uart = self._uart
        if uart.asked():
            for at in range(0, len(data), _PIECE):
                while not uart.idle():
                    await asyncio.sleep(_LOOK_MS / 1000)
                uart.write(data[at : at + _PIECE])
            self._status.sent += 1
