"""The heap of the whole application while it does this and that, on MicroPython's unix port: part of `make size`."""

import base64
import os
import socket
import time

from tools import simulator
from tools.trial import image

HEAP = "320k"
ENDPOINTS = ("hourly", "weekly", "monthly", "yearly")
_UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
_AFTER = 15  # s, with the clock ten times as fast, until all that vanished has been noticed
_KEPT = 16000  # bytes that may stay: what an answer has been encoded to, modules that the first use brings for good
_LOOKS = 12  # at the free heap, whose most is what nobody keeps


class Report:
    """Asks a running reader, and prints a row for each thing that it does."""

    def __init__(self, reader):
        self._reader = reader
        self.rows = []

    def row(self, what):
        """How much is free while it is so."""
        found = [self._reader.get("/health") for _ in range(_LOOKS)]
        most = max(each["free_heap_size"] for each in found)
        self.rows.append((what, most))
        print("  %-42s %8d %8d" % (what, most, found[-1]["minimum_free_heap_size"]), flush=True)

    def ask(self, head, body=b""):
        """A connection that has asked and takes its time with the answer."""
        client = socket.create_connection(("127.0.0.1", self._reader.port), 20)
        client.sendall(head.encode() + b"\r\n" + body)
        return client


def report():
    """Print the free heap of the application, doing this and that; False where too much of it stays taken."""
    arguments = ["--runtime", "micropython", "--heap", HEAP, "--port", "0", "--past", "40", "--speed", "10"]
    with simulator.Simulator(*arguments) as reader:
        reader.wait_for_reading()
        print("\nfree heap of the unix port at -X heapsize=%s, with history, the simulated board included" % HEAP)
        print("  %-42s %8s %8s" % ("", "most", "least so far"))
        table = Report(reader)
        table.row("after boot")
        for name in ENDPOINTS:
            client = table.ask("GET /history/%s?from=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n" % name)
            client.recv(64)
            table.row("during /history/" + name)
            client.close()
        key = base64.b64encode(os.urandom(16)).decode()
        streams = []
        for path, fields in ("/ws", _UPGRADE % key), ("/sse", "Accept: text/event-stream\r\n"):
            for _ in range(2):
                streams.append(table.ask("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s" % (path, fields)))
                streams[-1].recv(64)
        table.row("with 4 streams")
        for stream in streams:
            stream.close()
        data = image("7.0.0.1")
        head = "POST /update HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        part = b'--b\r\nContent-Disposition: form-data; name="filename"; filename="ota.bin"\r\n\r\n'
        upload = table.ask(head + "Content-Length: %d\r\n" % len(data), part + data[: len(data) // 2])
        while not reader.get("/ota")["progress"]:
            time.sleep(0.2)
        table.row("during an upload")
        upload.close()
        time.sleep(_AFTER)
        table.row("after all of it")
    kept = table.rows[0][1] - table.rows[-1][1]
    print("  %-42s %8d %s" % ("not given back", kept, "" if kept <= _KEPT else "OVER %d" % _KEPT))
    return kept <= _KEPT
