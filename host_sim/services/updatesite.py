"""An update server on this computer: it serves a folder (see tools/release.py), with faults on demand.

A request for /faults/<fault> sets a fault, /faults/ clears it. Only "html" and "manifest404" concern the manifest; all
others concern the images.
"""

import asyncio

from host_sim.services.server import Server

#: Values of `fault`: ways in which the server can fail. The first three are no faults but other valid servers.
FAULTS = (
    "norange", "redirect", "slow",
    "cut", "404", "500", "silent", "reset", "short", "long", "flip", "other", "elsewhere", "wrongrange", "html",
    "manifest404",
)  # fmt: skip
_PIECE = 2048


class Site(Server):
    """The server. files(path): bytes of a file, None if there is none."""

    def __init__(self, files, host="127.0.0.1", port=0):
        super().__init__(host, port)
        self.files = files
        self.fault = ""
        #: Number of answers that are still to be cut short.
        self.cuts = 0
        #: (path, first byte of the range) of each request.
        self.requests = []
        #: Seconds between two pieces with the fault "slow".
        self.pause = 0.05

    @property
    def base(self):
        """The server's base address, for the `updates` of a board."""
        if self.tls:
            return "https://localhost:%d" % self.port  # a certificate is for a name, not for an address
        return "http://%s:%d" % (self.host, self.port)

    async def answer(self, path, fields, writer):
        """Answer a request for a file, or for a fault."""
        start = 0
        for field in fields:
            if field.startswith(b"range: bytes="):
                start = int(field[13:].rstrip(b"-").decode())
        if path.startswith("/faults/"):
            self.fault = path[8:]
            return await self._send(writer, b"200 OK", b"")
        self.requests.append((path, start))
        fault = self.fault
        manifest = path.endswith("/manifest.json")
        if manifest:
            fault = {"html": "html", "manifest404": "404"}.get(fault, "")
        elif fault in ("html", "manifest404"):
            fault = ""
        if fault == "silent":
            await asyncio.sleep(60)
        if fault == "reset":
            return None
        if fault in ("404", "500"):
            return await self._send(writer, fault.encode() + b" No", b"<html>no</html>")
        if fault == "redirect" and not path.startswith("/moved/"):
            return await self._send(writer, b"302 Found", b"", b"Location: /moved%s\r\n" % path.encode())
        if fault == "elsewhere":
            return await self._send(writer, b"302 Found", b"", b"Location: http://localhost:1/x\r\n")
        data = self.files(path[6:] if path.startswith("/moved/") else path)
        if data is None:
            return await self._send(writer, b"404 Not Found", b"")
        if fault == "html":
            data = b"<!DOCTYPE html><html>Please log in</html>"
        elif fault == "other":
            data = bytes(len(data))
        elif fault == "short":
            data = data[:-5000]
        elif fault == "long":
            data += bytes(100)
        elif fault == "flip":
            data = data[:5000] + bytes((data[5000] ^ 1,)) + data[5001:]
        if not start or fault == "norange":
            return await self._send(writer, b"200 OK", data, b"", fault)
        told = b"Content-Range: bytes %d-%d/%d\r\n" % (start + (fault == "wrongrange"), len(data) - 1, len(data))
        return await self._send(writer, b"206 Partial Content", data[start:], told, fault)

    async def _send(self, writer, status, data, fields=b"", fault=""):
        head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%sConnection: close\r\n\r\n" % (status, len(data), fields)
        writer.write(head)
        end = len(data)
        if end > _PIECE and (self.cuts or fault == "cut"):
            self.cuts = max(0, self.cuts - 1)
            end = min(9000, end // 2)
        for at in range(0, end, _PIECE):
            writer.write(data[at : min(at + _PIECE, end)])
            await writer.drain()
            if fault == "slow":
                await asyncio.sleep(self.pause)


def folder(path):
    """The function files() for a Site that serves the files below a folder."""
    import os

    root = os.path.realpath(path)

    def files(name):
        found = os.path.realpath(root + name)
        if not found.startswith(root + os.sep):
            return None
        try:
            with open(found, "rb") as file:
                return file.read()
        except OSError:
            return None

    return files


def in_background(path, fault):
    """Serve a folder from a thread of this process (CPython only), with this fault or ""; returns the base address."""
    import threading

    site = Site(folder(path))
    site.fault = fault
    ready = threading.Event()

    async def serve():
        await site.open()
        ready.set()
        while True:
            await asyncio.sleep(3600)

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    if not ready.wait(10):
        raise OSError("no port for the update server")
    return site.base
