"""Measures the live objects of the whole application on MicroPython's unix port, run from a ROM; for `make size`."""

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
from tools.measure.accounts import Accounts
from tools.prove.jumping import BEFORE, HOUR, ZONE, Board, Meter, chosen, midnight

WITH_STREAMS = "with 4 streams"
ALL_ASKED = "the same, each GET just asked for once"
IDLE_AGAIN = "the same, idle for a while"

HEAP = "480k"
_UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
_GET = re.compile(r"^(/\S*) \S+ GET", re.MULTILINE)  # a row in the table of han/api/routes/table.py
_STREAMS = "/ws", "/sse", "/events"
#: The request that starts WiFi: the simulated radio takes memory that the chip's does not.
_RADIO = "/wifi/scan"
#: Seconds between two GETs: most answers take the chip that long.
_PACE = 0.3
#: Seconds until the reader has noticed all closed connections and forgotten what it had loaded for requests.
AFTER = 30
_SPEED = 10
_REPORTS = 4  # each after 5 s
_PERIOD = 10  # s between two telegrams
_PARTS = 5  # rows of the long run
_FIRST = 7 * HOUR  # time in which recording and time keeping have used all their memory once
_LOST = 2000  # bytes by which the free heap may shrink after it


class Report:
    """Sends requests to a running reader, and prints a row after each step. reader: a Simulator."""

    def __init__(self, reader):
        self._reader = reader
        self._await(1)
        # The first report comes before the application and the simulated board are imported.
        self._start = reader.accounts.objects[0]
        self.streams = []
        self.modules = ()
        self.objects = {}

    def _await(self, count):
        while len(self._reader.accounts.objects) < count:
            time.sleep(0.05)

    def row(self, what, reports=1):
        """Print the bytes of the application's live objects, without names. RuntimeError if a stream has ended.

        reports: of so many reports the one with the fewest bytes counts, as an errand may be on its way in the others
        """
        for client in self.streams:
            client.look()
        accounts = self._reader.accounts
        first = len(accounts.objects) + 1  # the one before it may have begun before
        self._await(first + reports + (reports > 1))  # so that the modules of the last one are listed, too
        least = min(range(first, first + reports), key=accounts.objects.__getitem__)
        self.modules = accounts.modules[least]
        self.objects[what] = accounts.objects[least] - self._start
        print("  %-42s %8d" % (what, self.objects[what]), flush=True)

    def open(self, path, fields):
        """Open a stream: a connection that reads everything until it is closed."""
        client = socket.create_connection(("127.0.0.1", self._reader.port), 20)
        client.sendall(("GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s\r\n" % (path, fields)).encode())
        self.streams.append(_Stream(client))

    def get(self, path):
        """Send one request; the answer does not matter here."""
        try:
            with urllib.request.urlopen(self._reader.url + path, timeout=simulator.PATIENCE) as response:
                response.read()
        except urllib.error.HTTPError as refused:
            refused.read()


class _Stream:
    """A client that keeps reading, so that the reader does not drop it."""

    def __init__(self, client):
        self._client = client
        self._whole = True
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            while data := self._client.recv(4096):
                if data[:1] == b"\x89":  # a ping; answer with a pong
                    self._client.sendall(b"\x8a\x80\0\0\0\0")
        except OSError:
            pass
        self._whole = False

    def look(self):
        """Raises RuntimeError if the reader has ended the stream."""
        if not self._whole:
            raise RuntimeError("the reader has ended a stream")

    def close(self):
        self._client.close()


def report():
    """Print the live bytes of the running application; returns ({moment: bytes}, {moment: names of the modules})."""
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
        table.row(WITH_STREAMS, _REPORTS)
        before = table.modules
        text = (stage.ROOT / "lib" / "han" / "api" / "routes" / "table.py").read_text()
        for path in sorted(set(_GET.findall(text)) - set(_STREAMS) - {_RADIO}):
            table.get(path)
            time.sleep(_PACE)
        table.row(ALL_ASKED)
        most = table.modules
        time.sleep(AFTER)
        table.row(IDLE_AGAIN, _REPORTS)
        for stream in table.streams:
            stream.close()
    return table.objects, {WITH_STREAMS: before, ALL_ASKED: most, IDLE_AGAIN: table.modules}


def readings(count):
    """Print the free heap during so many readings, in time that jumps, and by how much it shrinks."""
    with tempfile.TemporaryDirectory() as folder:
        start = midnight("2026-03-10")
        board = Board(SimpleNamespace(runtime="micropython", heap=HEAP), folder, start)
        board.heap_s = max(_FIRST // 20, _PERIOD * count // _PARTS // 2)  # few enough reports to fit a pipe
        meter = Meter("p1", start, _PERIOD, 1)
        board.start(meter.next_s - BEFORE, meter.line, [])
        board.put({"t": str(ZONE), "m": chosen(meter.line)})
        accounts = Accounts(board.process.stdout)
        print("\nfree in a heap of %s after so many readings %5s %8s" % (HEAP, "free", "largest"))
        rows = []
        for part in range(_PARTS + 1):
            meter.until = meter.next_s + (count // _PARTS * _PERIOD if part else _FIRST)
            board.feed(meter)
            rows.append(accounts.look())
            print("  %-40d %8d %8d" % ((board.get("/meter")["seq"],) + rows[-1]), flush=True)
        board.stop()
    # By the second row everything has been used once, and the names of it have their room.
    lost = rows[1][0] - rows[-1][0]
    print("  %-40s %d%s" % ("less since the second row", lost, "" if lost <= _LOST else "  OVER %d" % _LOST))
