"""The clients of `make soak`: they send requests, listen, stall, send half a request, and vanish."""

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
    """Clients of the reader at this port. chance: a random.Random that decides what they do."""

    def __init__(self, port, chance):
        self._port = port
        self._chance = chance
        self._open = []
        self._streams = []
        self.requests = self.streams = self.refused = 0

    def figures(self):
        """(requests, streams, how many of both were refused or cut short)."""
        return self.requests, self.streams, self.refused

    def _connect(self, buffer=None):
        client = socket.socket()
        if buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(_SECONDS)
        client.connect(("127.0.0.1", self._port))
        return client

    def come(self):
        """Send some requests, one after the other; OSError or ValueError if an answer is wrong."""
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
        # A client that does not wait for the answer.
        with self._connect() as client:
            client.sendall((_HEAD % ("GET", "/history/weekly", "")).encode())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.requests += 1

    def watch(self):
        """Open two streams that are read and one that is not; send half a request, and one whose body never comes."""
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
        """Close all; ValueError if an accepted stream has received nothing."""
        listening = [stream.open for stream in self._streams]
        heard = [stream.end() for stream in self._streams]
        for client in self._open:
            client.close()
        self.refused += len([1 for count in heard if count < 20])
        if (True, 0) in zip(listening, heard):
            raise ValueError("streams have heard %s messages" % heard)


class _Stream:
    """A client that reads its stream and answers a WebSocket's pings."""

    def __init__(self, client, head, pongs):
        self._client = client
        self._pongs = pongs
        self._heard = 0
        self.open = True  # False once the reader has ended it, as it may when memory is short
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
        """Close; returns the number of received readings."""
        try:
            self._client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._thread.join(5)
        self._client.close()
        return self._heard
