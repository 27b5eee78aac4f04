"""Sends an answer whose length is not known before its end, in chunks (RFC 9112, 7.1).

The last chunk marks the end. Without it, a client could not tell a whole answer from one that was cut
off, by the network or to make room for other clients.
"""

_END = b"\r\n\r\n"


class Chunks:
    """Stands in for a connection: sends the head of an answer first, then everything else in chunks."""

    def __init__(self, connection):
        self._connection = connection
        self._began = False

    async def send(self, data, patience):
        """Send some bytes within `patience` ms. The first call must begin with the whole head.

        OSError when the client is gone.
        """
        head = b""
        if not self._began:
            self._began = True
            at = data.find(_END)
            head = data[:at] + b"\r\nTransfer-Encoding: chunked" + _END
            data = data[at + 4 :]
        if data:
            data = b"%x\r\n%s\r\n" % (len(data), data)
        await self._connection.send(head + data, patience)

    async def end(self, patience):
        """Send the last chunk, which ends the answer, within `patience` ms."""
        await self._connection.send(b"0" + _END, patience)
