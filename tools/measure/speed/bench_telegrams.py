"""Runs in the interpreter that is measured: reads [{"name", "hex", "key", "auth_key", "piece"}] from a file.

Framer and decoder as the meter's task uses them, from bytes to a Reading. Prints a line
`name ns heap arriving` for each: ns of a telegram that is there as a whole, the heap bytes
it allocates (-1 where the interpreter cannot tell), ns of one that arrives in pieces of so
many bytes (0 where `piece` is).
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
_BATCHES = 5  # each time one is measured
_ROUNDS = 4


def _nothing(reading):
    pass


def reader(job):
    """(framer, decoder) with the job's keys."""
    key, auth_key = (bytes.fromhex(job.get(name) or "") for name in ("key", "auth_key"))
    decoder = Decoder(_nothing, Cipher(key, auth_key or None) if key else None)
    return Framer(decoder.telegram), decoder


class Timer:
    """ns of one of run(count); the best of many batches at different times, as others use the machine too."""

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
        """Some batches more."""
        for _ in range(_BATCHES):
            gc.collect()  # the garbage of one batch must not slow the next one's allocations
            ns = self._run(self._count) * 1000 // self._count
            if not self.ns or ns < self.ns:
                self.ns = ns


def measure(timers):
    """Measure all of them in turn, so that a bad moment of the machine is not one timer's alone."""
    for _ in range(_ROUNDS):
        for timer in timers:
            timer.measure()


class Telegram:
    """What is measured of one job."""

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
        """us of `count` telegrams at once."""
        data, feed = self.data, self.framer.feed
        size = len(data)
        started = ticks_us()
        for _ in range(count):
            feed(data, size)
        return ticks_diff(ticks_us(), started)

    def arrive(self, count):
        """us of `count` telegrams in pieces."""
        pieces, feed = self.pieces, self.framer.feed
        started = ticks_us()
        for _ in range(count):
            for piece in pieces:
                feed(piece, len(piece))
        return ticks_diff(ticks_us(), started)

    def heap(self):
        """Bytes that one telegram allocates, -1 where the interpreter cannot tell."""
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
