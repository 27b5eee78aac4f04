"""What lives of the whole application on MicroPython's unix port, run from a ROM: part of `make size`."""

import base64
import os
import re
import socket
import tempfile
import threading
import time
import urllib.error
import urllib.request
from types import SimpleNamespace

from staging import stage
from tools.measure import simulator
from tools.prove import year
from tools.measure.accounts import Accounts

WITH_STREAMS = "with 4 streams"
ALL_ASKED = "the same, each GET just asked for once"
IDLE_AGAIN = "the same, idle for a while"

HEAP = "480k"
_UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
_GET = re.compile(r"^(/\S*) \S+ GET", re.MULTILINE)  # in the table of han/api/routes/table.py
_STREAMS = "/ws", "/sse", "/events"
#: Seconds until all that vanished has been noticed, and what it took along forgotten.
AFTER = 30
_SPEED = 10
_PERIOD = 10  # s from telegram to telegram
_PARTS = 5  # that the readings of the long run are looked at in
_FIRST = 7 * year.HOUR  # in which all that recording and keeping time take has been there once
_LOST = 2000  # bytes that may be less after it


class Report:
    """Asks a running reader, and prints a row for each thing that it does."""

    def __init__(self, reader):
        self._reader = reader
        self._await(1)
        # Before the application, and before the simulated board, which stands for the chip's.
        self._start = reader.accounts.objects[0]
        self.streams = []
        self.modules = ()
        self.objects = {}

    def _await(self, count):
        while len(self._reader.accounts.objects) < count:
            time.sleep(0.05)

    def row(self, what):
        """Print how many bytes of the application live, without names; the streams have to be there still."""
        for client in self.streams:
            client.look()
        self._await(len(self._reader.accounts.objects) + 2)  # one may have begun before
        self.modules = self._reader.accounts.modules
        self.objects[what] = self._reader.accounts.objects[-1] - self._start
        print("  %-42s %8d" % (what, self.objects[what]), flush=True)

    def open(self, path, fields):
        """A connection that takes what comes for ever."""
        client = socket.create_connection(("127.0.0.1", self._reader.port), 20)
        client.sendall(("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (path, fields)).encode())
        self.streams.append(_Stream(client))

    def get(self, path):
        """Ask once; what the answer says is nobody's business here."""
        try:
            with urllib.request.urlopen(self._reader.url + path, timeout=simulator.PATIENCE) as response:
                response.read()
        except urllib.error.HTTPError as refused:
            refused.read()


class _Stream:
    """A client that reads, so that nobody takes it for one that has gone."""

    def __init__(self, client):
        self._client = client
        self._whole = True
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            while data := self._client.recv(4096):
                if data[:1] == b"\x89":  # a ping, which wants its pong
                    self._client.sendall(b"\x8a\x80\0\0\0\0")
        except OSError:
            pass
        self._whole = False

    def look(self):
        """RuntimeError where the reader has ended it."""
        if not self._whole:
            raise RuntimeError("the reader has ended a stream")

    def close(self):
        self._client.close()


def report():
    """Print what lives of the running application; ({moment: bytes}, the modules that are there last)."""
    arguments = ["--runtime", "micropython", "--heap", HEAP, "--port", "0", "--past", "40", "--speed", _SPEED]
    with simulator.Simulator(*arguments, "--heap-report", "5") as reader:
        print("\nbytes of the reader that live on the 64-bit unix port, run from a ROM, with a P1 meter and a history")
        table = Report(reader)
        reader.wait_for_reading()
        table.row("after boot")
        key = base64.b64encode(os.urandom(16)).decode()
        for path, fields in ("/ws", _UPGRADE % key), ("/sse", "Accept: text/event-stream\r\n"):
            for _ in range(2):
                table.open(path, fields)
        time.sleep(AFTER)
        table.row(WITH_STREAMS)
        before = table.modules
        text = (stage.ROOT / "lib" / "han" / "api" / "routes" / "table.py").read_text()
        for path in sorted(set(_GET.findall(text)) - set(_STREAMS)):
            table.get(path)
        table.row(ALL_ASKED)
        most = table.modules
        time.sleep(AFTER)
        table.row(IDLE_AGAIN)
        for stream in table.streams:
            stream.close()
    return table.objects, {WITH_STREAMS: before, ALL_ASKED: most, IDLE_AGAIN: table.modules}


def readings(count):
    """Print the free heap over so many readings, in time that jumps, and whether it gets less."""
    with tempfile.TemporaryDirectory() as folder:
        start = year.midnight("2026-03-10")
        board = year.Board(SimpleNamespace(runtime="micropython", heap=HEAP), folder, start)
        board.heap_s = max(_FIRST // 20, _PERIOD * count // _PARTS // 2)  # what is printed has to fit a pipe
        meter = year.Meter("p1", start, _PERIOD, 1)
        board.start(meter.next_s - year.BEFORE, meter.line, [])
        board.put({"t": str(year.ZONE), "m": {"o": 1 + year.selectable().index(meter.line)}})
        accounts = Accounts(board.process.stdout)
        print("\nfree in a heap of %s after so many readings %5s %8s" % (HEAP, "free", "largest"))
        rows = []
        for part in range(_PARTS + 1):
            meter.until = meter.next_s + (count // _PARTS * _PERIOD if part else _FIRST)
            board.feed(meter)
            rows.append(accounts.look())
            print("  %-40d %8d %8d" % ((board.get("/meter")["seq"],) + rows[-1]), flush=True)
        board.stop()
    # What is used for the first time is there by the second row, with room for the names that it brings.
    lost = rows[1][0] - rows[-1][0]
    print("  %-40s %d%s" % ("less since the second row", lost, "" if lost <= _LOST else "  OVER %d" % _LOST))
