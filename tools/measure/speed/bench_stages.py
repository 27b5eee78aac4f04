"""Measures the time of each stage of a telegram. It runs in the interpreter that is measured.

A recorder notes the calls of each stage's functions for one telegram. Then the recorded calls are repeated and timed
on their own. The rest of the telegram's time is the bytecode between the stages. It reads the same file as
bench_telegrams.py, and prints `ns<TAB>stage<TAB>name`.
"""

import json
import sys

from bench_telegrams import Telegram, Timer, measure, ticks_diff, ticks_us

from han.meter import p1 as _text
from han.meter import push as _push
from han.meter import reading as _reading
from han.wire import framer as _framer
from han.wire.layers import gcm as _gcm
from han.wire import hdlc as _hdlc
from han.wire import mbus as _mbus
from han.wire import p1 as _p1
from han.wire.layers import segments as _segments
from han.wire import sml as _sml

_STAGES = (
    ("copy in", ((_framer, "copy"),)),
    ("hunt", ((_framer, "hunt"), (_p1, "hunt"))),
    ("text end", ((_p1, "text_end"), (_sml, "find_escape"))),
    ("checksum", ((_hdlc, "crc_x25"), (_sml, "crc_x25"), (_p1, "crc_arc"), (_mbus, "sum8"))),
    ("segments", ((_segments, "copy"), (_segments, "same"))),
    ("GHASH", ((_gcm, "ghash"),)),
    ("AES", ()),
    ("key stream", ((_gcm, "counters"), (_gcm, "xor"))),
    ("walk", ((_push, "axdr_walk"), (_text, "p1_walk"), (_sml, "walk"))),
    ("fill", ((_reading, "fill"),)),
    ("texts", ((_reading.Reading, "set_text"),)),
    ("clock", ((_reading.Reading, "set_clock"), (_reading.Reading, "set_p1_clock"))),
)


class Recorder:
    """Records the calls of one stage, except those from inside another stage."""

    inside = False

    def __init__(self):
        self.calls = []

    def wrap(self, function):
        def call(*arguments):
            if Recorder.inside:
                return function(*arguments)
            # Copy arguments that are changed in place later: the repeated call needs the same contents.
            self.calls.append((function, tuple(_kept(one) for one in arguments)))
            Recorder.inside = True
            result = function(*arguments)
            Recorder.inside = False
            return result

        return call

    def timers(self):
        """(Timer of all calls, Timer of as many empty calls); None if there are no calls."""
        if not self.calls:
            return None
        idle = [(_nothing, arguments) for _, arguments in self.calls]
        return Timer(lambda count: _time(self.calls, count)), Timer(lambda count: _time(idle, count))


class Aes:
    """An AES cipher whose calls are recorded."""

    def __init__(self, aes, recorder):
        self.encrypt = recorder.wrap(aes.encrypt)


def _kept(argument):
    return bytearray(argument) if isinstance(argument, (bytes, bytearray)) and len(argument) > 1024 else argument


def _nothing(a=0, b=0, c=0, d=0, e=0, f=0, g=0, h=0, i=0, j=0, k=0):
    pass  # it takes as many arguments as any stage; `*arguments` would allocate


def _time(calls, count):
    started = ticks_us()
    for _ in range(count):
        for function, arguments in calls:
            function(*arguments)
    return ticks_diff(ticks_us(), started)


def stages(job):
    """[(stage, ns)] of one telegram, with the total first and the rest last."""
    telegram = Telegram(job)
    cipher = telegram.cipher
    replaced = []
    recorders = []
    for stage, places in _STAGES:
        recorder = Recorder()
        recorders.append((stage, recorder))
        for place, name in places:
            function = getattr(place, name)
            replaced.append((place, name, function))
            setattr(place, name, recorder.wrap(function))
        if stage == "AES" and cipher:
            replaced.append((cipher, "ecb", cipher.ecb))
            cipher.ecb = Aes(cipher.ecb, recorder)
    telegram.whole(1)
    for place, name, function in replaced:
        setattr(place, name, function)
    telegram = Telegram(job)  # a new one, as the decoder of the old one has kept recorders
    found = [(stage, recorder.timers()) for stage, recorder in recorders]
    measure([telegram.timer] + [timer for _, timers in found if timers for timer in timers])
    rows = [("total", telegram.timer.ns)]
    rows += [(stage, max(0, timers[0].ns - timers[1].ns) if timers else 0) for stage, timers in found]
    return rows + [("the rest", 2 * rows[0][1] - sum(ns for _, ns in rows))]


def main(path):
    with open(path) as file:
        jobs = json.load(file)
    for job in jobs:
        for stage, ns in stages(job):
            print("%d\t%s\t%s" % (ns, stage, job["name"]))


if __name__ == "__main__":
    main(sys.argv[1])
