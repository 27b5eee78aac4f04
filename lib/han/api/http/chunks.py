"""An answer whose length is not known before its end, in chunks (RFC 9112, 7.1).

Without them a client would take one that was cut off, by the network or for others, for all of it.
"""

_END = b"\r\n\r\n"


class Chunks:
    """Stands for a connection: what is sent to it goes out in chunks, but for the head that it begins with."""

    def __init__(self, connection):
        self._connection = connection
        self._began = False

    async def send(self, data, patience):
        """Send some of it within `patience` ms; the first of it begins with the whole head."""
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
        """That was all."""
        await self._connection.send(b"0" + _END, patience)
