"""Counts the bytecodes that one telegram takes between the viper loops. It is the same on every machine.

CPython executes the same functions as MicroPython does on the chip. Each twin of a viper loop counts as nothing, as the
chip runs machine code there. CPython's bytecodes are not MicroPython's, but there are about as many.
"""

import dis
import sys

from han.meter.decoder import Decoder
from han.wire.framer import Framer
from han.wire.layers.gcm import Cipher

# What CPython has besides: places for caches, marks, and halves of calls.
_NAMES = "CACHE", "NOP", "RESUME", "PRECALL", "PUSH_NULL", "EXTENDED_ARG"
_NOTHING = {dis.opmap[name] for name in _NAMES if name in dis.opmap}


def count(job):
    """Number of bytecodes of one telegram of a job, as for bench_telegrams.py."""
    key, auth_key = (bytes.fromhex(job[name]) for name in ("key", "auth_key"))
    decoder = Decoder(lambda reading: None, Cipher(key, auth_key or None) if key else None)
    feed = Framer(decoder.telegram).feed
    data = bytes.fromhex(job["hex"])
    for _ in range(3):
        feed(data, len(data))
    steps = 0

    def trace(frame, event, argument):
        nonlocal steps
        name = frame.f_code.co_filename
        if name.endswith("_plain.py") or name.endswith("/plain.py") or "/han/" not in name or event == "return":
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if event == "opcode":
            steps += frame.f_code.co_code[frame.f_lasti] not in _NOTHING
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        feed(data, len(data))
    finally:
        sys.settrace(before)
    return steps
