"""An HTTP server on this computer, as far as the look-alikes of services need one: a GET for each connection."""

import asyncio


class Server:
    """Listens on host and port; port 0: any that is free. What it answers is `answer`, of the class that inherits."""

    #: ssl.SSLContext for https, None for http.
    tls = None

    def __init__(self, host, port):
        self.host = host
        self.port = port
        self._server = None
        self._tasks = []

    async def open(self):
        """Listen. OSError if the port is taken."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port, ssl=self.tls)
        if not self.port:  # CPython alone can tell which port it got
            self.port = self._server.sockets[0].getsockname()[1]

    async def close(self):
        """Stop listening, and end the open connections."""
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.sleep(0.01)

    # Lives as long as a connection.
    async def _serve(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.append(task)
        try:
            path = (await reader.readline()).split()[1].decode()
            fields = []
            while True:
                field = (await reader.readline()).strip().lower()
                if not field:
                    break
                fields.append(field)
            await self.answer(path, fields, writer)
        except (OSError, IndexError, ValueError, KeyError, asyncio.CancelledError):
            pass  # a client that has gone, or asks for nothing that there is
        finally:
            self._tasks.remove(task)
            writer.close()
            try:
                await writer.wait_closed()
            except (OSError, asyncio.CancelledError):
                pass

    async def answer(self, path, fields, writer):
        """Answer a request. fields: its header fields, bytes in small letters."""
        raise NotImplementedError
