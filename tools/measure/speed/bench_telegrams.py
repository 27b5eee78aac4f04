"""Times telegrams from their bytes to a Reading. It runs in the interpreter that is measured.

It uses framer and decoder as the meter's task does. It reads [{"name", "hex", "key", "auth_key", "piece"}] from a file,
and prints a line `ns heap arriving name` for each: ns of a telegram in one piece, the heap bytes that it allocates (-1
if the interpreter cannot tell), and ns of a telegram in pieces of `piece` bytes (0 if `piece` is 0).
"""

import gc
import json
import sys

from han.meter.decoder import Decoder
from han.wire.framer import Framer
from han.wire.layers.gcm import Cipher

try:
    from time import ticks_diff, ticks_us
except ImportError:
    from time import perf_counter_ns

    def ticks_us():
        return perf_counter_ns() // 1000

    def ticks_diff(a, b):
        return a - b


_BATCH_US = 8000
_BATCHES = 5  # per round
_ROUNDS = 4


def _nothing(reading):
    pass


def reader(job):
    """(Framer, Decoder) with the job's keys."""
    key, auth_key = (bytes.fromhex(job.get(name) or "") for name in ("key", "auth_key"))
    decoder = Decoder(_nothing, Cipher(key, auth_key or None) if key else None)
    return Framer(decoder.telegram), decoder


class Timer:
    """Times run(count), which returns us. `ns` is the time of one: the best of many batches at different times.

    The best is taken because other programs use the machine, too.
    """

    def __init__(self, run):
        self._run = run
        self.ns = 0
        count = 1
        while True:
            us = run(count)
            if us > _BATCH_US // 4:
                break
            count *= 2
        self._count = max(1, count * _BATCH_US // us)

    def measure(self):
        """Measure some more batches."""
        for _ in range(_BATCHES):
            gc.collect()  # the garbage of one batch must not slow the allocations of the next one
            ns = self._run(self._count) * 1000 // self._count
            if not self.ns or ns < self.ns:
                self.ns = ns


def measure(timers):
    """Measure all timers in turn, so that a busy moment of the machine does not hit one timer alone."""
    for _ in range(_ROUNDS):
        for timer in timers:
            timer.measure()


class Telegram:
    """Framer, decoder and timers of one job. ValueError if its telegram cannot be decoded."""

    def __init__(self, job):
        self.name = job["name"]
        self.data = bytes.fromhex(job["hex"])
        self.framer, decoder = reader(job)
        self.cipher = decoder.layers.cipher
        self.whole(3)
        if decoder.decoded != 3:
            raise ValueError("%s: decoded %d of 3 telegrams: %s" % (self.name, decoder.decoded, decoder.reason))
        self.timer = Timer(self.whole)
        piece = job.get("piece")
        self.pieces = [self.data[at:at + piece] for at in range(0, len(self.data), piece)] if piece else []
        self.arriving = Timer(self.arrive) if piece else None

    def whole(self, count):
        """us of `count` telegrams, each in one piece."""
        data, feed = self.data, self.framer.feed
        size = len(data)
        started = ticks_us()
        for _ in range(count):
            feed(data, size)
        return ticks_diff(ticks_us(), started)

    def arrive(self, count):
        """us of `count` telegrams, each in pieces."""
        pieces, feed = self.pieces, self.framer.feed
        started = ticks_us()
        for _ in range(count):
            for piece in pieces:
                feed(piece, len(piece))
        return ticks_diff(ticks_us(), started)

    def heap(self):
        """Bytes that one telegram allocates, -1 if the interpreter cannot tell."""
        if not hasattr(gc, "mem_alloc"):
            return -1
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        self.whole(0)
        empty = gc.mem_alloc() - before
        self.whole(4)
        allocated = gc.mem_alloc() - before - 2 * empty
        gc.enable()
        return allocated // 4


def main(path):
    with open(path) as file:
        telegrams = [Telegram(job) for job in json.load(file)]
    heaps = [telegram.heap() for telegram in telegrams]
    measure([telegram.timer for telegram in telegrams] + [one.arriving for one in telegrams if one.arriving])
    for telegram, heap in zip(telegrams, heaps):
        print(telegram.timer.ns, heap, telegram.arriving.ns if telegram.arriving else 0, telegram.name)


if __name__ == "__main__":
    main(sys.argv[1])
