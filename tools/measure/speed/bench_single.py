"""Times single telegrams from their bytes to a Reading. It runs in the interpreter that is measured.

It reads the same file as bench_telegrams.py, and prints `ns heap` for each telegram: the shortest time of one, and the
heap bytes that it allocates; `0 0` where it is not decoded. The unix port's clock counts microseconds, so four
telegrams are timed together, and the shortest of many fours counts.
"""

import gc
import json
import sys
from time import ticks_diff, ticks_us

from han.meter.decoder import Decoder
from han.wire.framer import Framer

try:
    from han.wire.layers.gcm import Cipher
except ImportError:  # an earlier commit
    from han.wire.gcm import Cipher

_TOGETHER = 4


def _nothing(reading):
    pass


def measured(job, count):
    """(ns, heap bytes) of one telegram; (0, 0) where three of them are not decoded."""
    key, auth_key = (bytes.fromhex(job[name]) for name in ("key", "auth_key"))
    decoder = Decoder(_nothing, Cipher(key, auth_key or None) if key else None)
    feed = Framer(decoder.telegram).feed
    data = bytes.fromhex(job["hex"])
    size = len(data)
    for _ in range(3):
        feed(data, size)
    if decoder.decoded != 3:
        return 0, 0
    gc.collect()
    best = 1 << 29
    for i in range(count // _TOGETHER):
        if i % 50 == 49:
            gc.collect()  # never inside of what is timed
        started = ticks_us()
        for _ in range(_TOGETHER):
            feed(data, size)
        us = ticks_diff(ticks_us(), started)
        if us < best:
            best = us
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    empty = gc.mem_alloc() - before
    before = gc.mem_alloc()
    for _ in range(_TOGETHER):
        feed(data, size)
    heap = (gc.mem_alloc() - before - empty) // _TOGETHER
    gc.enable()
    return best * 1000 // _TOGETHER, heap


with open(sys.argv[1]) as file:
    for job in json.load(file):
        print("%d %d" % measured(job, int(sys.argv[2])))
