"""The heap of the whole application while it does this and that, on MicroPython's unix port: part of `make size`."""

import base64
import os
import socket
import tempfile
import time
from types import SimpleNamespace

from tools import simulator, year
from tools.accounts import Accounts
from tools.trial import image

HEAP = "480k"
ENDPOINTS = ("hourly", "weekly", "monthly", "yearly")
_UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
_AFTER = 30  # s, until all that vanished has been noticed and what it took along has been forgotten
_KEPT = 16000  # bytes that may stay: what an answer has been encoded to, modules that the first use brings for good
_PERIOD = 10  # s from telegram to telegram
_PARTS = 5  # that the readings of the long run are looked at in
_FIRST = 7 * year.HOUR  # in which all that recording and keeping time take has been there once
_LOST = 2000  # bytes that may be less after it


class Report:
    """Asks a running reader, and prints a row for each thing that it does."""

    def __init__(self, reader):
        self._reader = reader
        self.rows = []

    def row(self, what):
        """How much is free while it is so, without garbage, and how much of it in one piece."""
        self._reader.accounts.last = None
        while not self._reader.accounts.last:
            time.sleep(0.05)
        least = self._reader.get("/health")["minimum_free_heap_size"]
        self.rows.append((what,) + self._reader.accounts.last)
        print("  %-42s %8d %8d %8d" % (self.rows[-1] + (least,)), flush=True)

    def ask(self, head, body=b""):
        """A connection that has asked and takes its time with the answer."""
        client = socket.create_connection(("127.0.0.1", self._reader.port), 20)
        client.sendall(head.encode() + b"\r\n" + body)
        return client


def report():
    """Print the free heap of the application, doing this and that.

    (whether little enough of it stays taken, bytes that 4 streams take)
    """
    arguments = ["--runtime", "micropython", "--heap", HEAP, "--port", "0", "--past", "40", "--speed", "10"]
    arguments += ["--heap-report", "5"]
    with simulator.Simulator(*arguments) as reader:
        reader.wait_for_reading()
        print("\nfree heap of the unix port at -X heapsize=%s, with history, the simulated board included" % HEAP)
        print("  %-42s %8s %8s %8s" % ("", "free", "largest", "least so far"))
        table = Report(reader)
        table.row("after boot")
        key = base64.b64encode(os.urandom(16)).decode()
        streams = []
        for path, fields in ("/ws", _UPGRADE % key), ("/sse", "Accept: text/event-stream\r\n"):
            for _ in range(2):
                streams.append(table.ask("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s" % (path, fields)))
                streams[-1].recv(64)
        time.sleep(_AFTER)  # until what the first messages brought along has been forgotten
        table.row("with 4 streams")
        for stream in streams:
            stream.close()
        for name in ENDPOINTS:
            client = table.ask("GET /history/%s?from=0 HTTP/1.1\r\nHost: 127.0.0.1\r\n" % name)
            client.recv(64)
            table.row("during /history/" + name)
            client.close()
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
    return kept <= _KEPT, table.rows[0][1] - dict((row[0], row[1]) for row in table.rows)["with 4 streams"]


def readings(count):
    """Print the free heap over so many readings, in time that jumps; False where it gets less."""
    with tempfile.TemporaryDirectory() as folder:
        start = year.midnight("2026-03-10")
        board = year.Board(SimpleNamespace(runtime="micropython", heap=HEAP), folder, start)
        board.heap_s = max(_PERIOD, _PERIOD * count // _PARTS // 2)
        meter = year.Meter("p1", start, _PERIOD, 1)
        board.start(meter.next_s - year.BEFORE, meter.line, [])
        board.put({"t": str(year.ZONE), "m": {"o": 1 + year.LINES.index(meter.line)}})
        accounts = Accounts(board.process.stdout)
        print("\nthe same after so many readings%12s %8s" % ("free", "largest"))
        rows = []
        for part in range(_PARTS + 1):
            meter.until = meter.next_s + (count // _PARTS * _PERIOD if part else _FIRST)
            board.feed(meter)
            rows.append(accounts.look())
            print("  %-28d %12d %8d" % ((board.get("/meter")["seq"],) + rows[-1]), flush=True)
        board.stop()
    # What is used for the first time is there by the second row, with room for the names that it brings.
    return rows[1][0] - rows[-1][0] <= _LOST
