"""The clients of a soaked reader: they ask, listen, stall, send half a request, and vanish."""

import base64
import os
import socket
import struct
import threading

_PATHS = (
    "/meter", "/meter/id", "/meter/data", "/han", "/health", "/configuration", "/definitions", "/prices", "/data",
    "/history/hourly", "/history/weekly", "/history/monthly", "/history/yearly", "/", "/ota", "/update",
    "/wifi/scan", "/nothing/here", "/history/hourly?format=csv",
)  # fmt: skip
_HEAD = "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n"
_SECONDS = 20


class Visitors:
    """Those who ask the reader at this port; what they do is a matter of `chance`."""

    def __init__(self, port, chance):
        self._port = port
        self._chance = chance
        self._open = []
        self._streams = []
        self.requests = self.streams = self.refused = 0

    def figures(self):
        """(requests, streams, those that were refused or cut short)."""
        return self.requests, self.streams, self.refused

    def _connect(self, buffer=None):
        client = socket.socket()
        if buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(_SECONDS)
        client.connect(("127.0.0.1", self._port))
        return client

    def come(self):
        """Ask some things, one after the other; OSError, ValueError where an answer is wrong."""
        for path in self._chance.sample(_PATHS, 5):
            with self._connect() as client:
                client.sendall((_HEAD % ("GET", path, "")).encode())
                answer = b""
                while part := client.recv(8192):
                    answer += part
            self.requests += 1
            status = answer[9:12]
            if status == b"503" and path not in ("/meter", "/meter/data"):
                self.refused += 1
            elif status[:1] not in (b"2", b"4") and status != b"503":
                raise ValueError("%s: %r" % (path, answer[:200]))
        # Who asks and does not wait for the answer.
        with self._connect() as client:
            client.sendall((_HEAD % ("GET", "/history/weekly", "")).encode())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.requests += 1

    def watch(self):
        """Open streams: some are read, one is not; half a request, and one whose body never comes."""
        self._open = []
        self._streams = []
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
        for path, fields in (("/ws", upgrade % key), ("/sse", "Accept: text/event-stream\r\n")):
            stream = _Stream(self._connect(), (_HEAD % ("GET", path, fields)).encode(), path == "/ws")
            self._streams.append(stream)
        stalled = self._connect(2048)
        stalled.sendall((_HEAD % ("GET", self._chance.choice(("/ws", "/sse")), upgrade % key)).encode())
        half = self._connect()
        half.sendall(b"GET /meter HTTP/1.1\r\nHos")
        empty = self._connect()
        empty.sendall((_HEAD % ("PUT", "/configuration", "Content-Length: 99\r\n")).encode())
        self._open = [stalled, half, empty]
        self.streams += 3
        self.requests += 2

    def leave(self):
        """All go; ValueError where one that was let in has heard nothing."""
        listening = [stream.open for stream in self._streams]
        heard = [stream.end() for stream in self._streams]
        for client in self._open:
            client.close()
        self.refused += len([1 for count in heard if count < 20])
        if (True, 0) in zip(listening, heard):
            raise ValueError("streams have heard %s messages" % heard)


class _Stream:
    """A client that reads all that comes, and answers a WebSocket's pings."""

    def __init__(self, client, head, pongs):
        self._client = client
        self._pongs = pongs
        self._heard = 0
        self.open = True  # the reader has not ended it, as it does where memory is short
        client.sendall(head)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        try:
            while data := self._client.recv(4096):
                self._heard += data.count(b"HAN_METER_MESSAGE")
                # A ping has no payload or a short one; text messages have no such byte.
                if self._pongs and b"\x89" in data:
                    self._client.sendall(b"\x8a\x80" + bytes(4))
        except OSError:
            pass
        self.open = False

    def end(self):
        """Close; how many readings have come."""
        try:
            self._client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(5)
        self._client.close()
        return self._heard
