"""Runs in the interpreter that is measured: reads lines `name hex`, prints `name ns heap`.

Framer and decoder as the meter's task uses them, from bytes to a Reading. `heap` is what one
telegram allocates, -1 where the interpreter cannot tell.
"""

import gc
import sys

from han.meter.decoder import Decoder
from han.wire.framer import Framer

try:
    from time import ticks_diff, ticks_us
except ImportError:
    from time import perf_counter_ns

    def ticks_us():
        return perf_counter_ns() // 1000

    def ticks_diff(a, b):
        return a - b


_ROUND_US = 40000
_ROUNDS = 5


def _nothing(reading):
    pass


def measure(data):
    """(ns, heap bytes) of one telegram; ns is the best of some rounds, as others share the machine."""
    decoder = Decoder(_nothing)
    framer = Framer(decoder.telegram)
    size = len(data)

    def run(count):
        started = ticks_us()
        for _ in range(count):
            framer.feed(data, size)
        return ticks_diff(ticks_us(), started)

    run(3)
    if decoder.decoded != 3:
        raise ValueError("decoded %d of 3 telegrams: %s" % (decoder.decoded, decoder.reason))
    count = 1
    while run(count) < _ROUND_US // 4:
        count *= 2
    count *= 4
    best = min(run(count) for _ in range(_ROUNDS))
    heap = -1
    if hasattr(gc, "mem_alloc"):
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        run(0)
        empty = gc.mem_alloc() - before
        run(16)
        heap = (gc.mem_alloc() - before - 2 * empty) // 16
        gc.enable()
    return best * 1000 // count, heap


def main(path):
    with open(path) as file:
        for line in file:
            name, text = line.split()
            print(name, *measure(bytes.fromhex(text)))


if __name__ == "__main__":
    main(sys.argv[1])
