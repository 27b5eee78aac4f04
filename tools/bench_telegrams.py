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
from han.wire.gcm import Cipher

try:
    from time import ticks_diff, ticks_us
except ImportError:
    from time import perf_counter_ns

    def ticks_us():
        return perf_counter_ns() // 1000

    def ticks_diff(a, b):
        return a - b


_BATCH_US = 8000
_BATCHES = 16


def _nothing(reading):
    pass


def reader(job):
    """(framer, decoder) with the job's keys."""
    key, auth_key = (bytes.fromhex(job.get(name) or "") for name in ("key", "auth_key"))
    decoder = Decoder(_nothing, Cipher(key, auth_key or None) if key else None)
    return Framer(decoder.telegram), decoder


def best(run):
    """ns of one of run(count); the best of some batches, as others share the machine."""
    count = 1
    while True:
        us = run(count)
        if us > _BATCH_US // 4:
            break
        count *= 2
    count = max(1, count * _BATCH_US // us)
    found = []
    for _ in range(_BATCHES):
        gc.collect()  # the garbage of one batch must not slow the next one's allocations
        found.append(run(count))
    return min(found) * 1000 // count


def measure(job):
    """(ns, heap bytes, ns in pieces) of one telegram."""
    data = bytes.fromhex(job["hex"])
    size = len(data)
    framer, decoder = reader(job)

    def whole(count):
        started = ticks_us()
        for _ in range(count):
            framer.feed(data, size)
        return ticks_diff(ticks_us(), started)

    whole(3)
    if decoder.decoded != 3:
        raise ValueError("%s: decoded %d of 3 telegrams: %s" % (job["name"], decoder.decoded, decoder.reason))
    ns = best(whole)
    heap = -1
    if hasattr(gc, "mem_alloc"):
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        whole(0)
        empty = gc.mem_alloc() - before
        whole(4)
        heap = (gc.mem_alloc() - before - 2 * empty) // 4
        gc.enable()

    piece = job.get("piece")
    if not piece:
        return ns, heap, 0
    parts = [data[at:at + piece] for at in range(0, size, piece)]

    def arriving(count):
        started = ticks_us()
        for _ in range(count):
            for part in parts:
                framer.feed(part, len(part))
        return ticks_diff(ticks_us(), started)

    return ns, heap, best(arriving)


def main(path):
    with open(path) as file:
        jobs = json.load(file)
    for job in jobs:
        ns, heap, arriving = measure(job)
        print(ns, heap, arriving, job["name"])


if __name__ == "__main__":
    main(sys.argv[1])
