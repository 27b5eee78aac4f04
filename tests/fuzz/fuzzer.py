"""Feeds damaged telegrams to a reader on either interpreter, and checks that it copes.

    fuzzer.py BYTES SEED        (tools/prove/fuzz.py runs it on both)

After each damaged stretch comes a good telegram, which must give exactly its values. There must be no exception, and
no unbounded time or memory. It prints totals and a digest of all readings, which is the same on both interpreters.
"""
import gc
import sys

import time

if hasattr(time, "clock"):

    def worked_us():
        """CPU time of this process in microseconds."""
        return int(time.clock() * 1000000)

else:

    def worked_us():
        """CPU time of this process in microseconds."""
        return time.process_time_ns() // 1000


if __name__ == "__main__":
    import project

    project.find()

from han.meter import identity
from han.meter.decoder import Decoder
from han.meter.live import Live
from han.meter.sense.plausible import Plausible
from han.meter.lists import floats, orders  # noqa: F401  else imported by the first telegram that needs them
from han.meter.sense import widen  # noqa: F401
from han.meter.besides import events, extra  # noqa: F401
from han.meter.registers import value  # noqa: F401
from han.meter.submeters import lists  # noqa: F401
from han.api.messages import sub  # noqa: F401
from han.api.messages.extra import more
from han.wire import arc  # noqa: F401
from han.meter.reading import METER_ID
from han.wire import framer as framer_module
from han.wire.framer import GLO, Framer
from han.wire.loops import crc_x25
from tests.fuzz import fullest, sources
from tests.fuzz.mutate import Mutator
from tests.support import Random
from tools.fields import fields

#: us for a byte that count as a hang, if measured three times. In a telegram of 400 bytes a byte takes 1 and 30.
MOST_US = 60 if hasattr(gc, "mem_alloc") else 1500
#: Memory that may come and go without growth: small objects besides those that fullest.py sets to their bounds.
SLACK = 2048 if hasattr(gc, "mem_alloc") else 600
_MEASURED = 5  # steps from one look at the memory to the next
_WARM = 400  # stretches until everything that is created on first use exists
_FAILURES = 5  # failures to show


def memory():
    """Bytes on the heap (MicroPython) or blocks of memory (CPython)."""
    gc.collect()
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else sys.getallocatedblocks()


class Reader:
    """The path of a telegram through the application up to what subscribers get."""

    def __init__(self, keys, heard=None):
        self._heard = heard
        self.decoder = Decoder(self._reading, sources.cipher(keys))
        self.framer = Framer(self.decoder.telegram)
        self.plausible = Plausible()
        self.live = Live()
        self.readings = []
        self._time = 0

    def _reading(self, reading):
        self.readings.append(sources.snapshot(reading))
        if self._heard:
            self._heard(self.readings[-1])
        fields(reading)
        live = self.live
        self._time += 1000
        meters = self.plausible.meters
        if not reading.empty() and self.plausible.check(reading, reading.raw(METER_ID), self._time):
            if meters != self.plausible.meters:
                live.forget()
            layers = self.decoder.layers
            if layers.encrypted:
                live.title = layers.ciphered.title
            live.take(reading, self._time, 1000)
            live.energies()
            identity.of(live)
            self._said(live)

    def _said(self, live):
        """Read what is said besides the fields, as a client would."""
        said = more(live, lambda local, dst: "%s%s" % (local, dst))
        if live.extra:
            told = live.extra.news + events.known(live.extra)
            live.extra.news = []
            if told:
                said += str([(one.clock, one.dst, one.seconds, one.text()) for one in told])
        if self._heard:
            self._heard(said)

    def feed(self, data, random):
        """Take data in chunks of random sizes."""
        view = memoryview(data)
        at = 0
        while at < len(data):
            size = random.choice((1, 2, 7, 30, 100, 512, len(data)))
            self.framer.feed(view[at:at + size], min(size, len(data) - at))
            at += size


class Fuzzer:
    """Counts the results; each text in `failures` is enough to reproduce a failure."""

    def __init__(self, seed):
        self.seed = seed
        self.sources = sources.load()
        self._random = Random(seed)
        self._mutator = Mutator(self._random, self.sources)
        self.digest = 0
        self._good = sources.grouped([source for source in self.sources if source.good])
        self._readers = [(keys, Reader(keys, self._heard)) for keys in self._keys()]
        self._fullest = fullest.Maker(Random(seed + 1))
        self._memory()  # as only a new reader, in which nothing is open, is sure to take all of them
        self.failures = []
        self.bytes = self.stretches = self.exceptions = 0
        self.late = {}  # {reason: number of good telegrams that may be missed for it}
        self.worst_us = 0
        self.before = self.after = 0

    def _keys(self):
        found = [sources.NO_KEY, sources.FULL, sources.UNTAGGED]
        for source in self.sources:
            if source.keys not in found:
                found.append(source.keys)
        return found

    def _heard(self, snapshot):
        text = bytearray(str(snapshot).encode())
        self.digest = (self.digest * 31 + crc_x25(text, 0, len(text))) & 0x3FFFFFF

    def run(self, count):
        """Feed `count` more mutated bytes."""
        stop = self.bytes + count
        while self.bytes < stop and len(self.failures) < _FAILURES:
            self._one()
            if self.stretches == _WARM:
                self.before = self._memory()

    def measure(self):
        """Compare the memory with that after the first stretches, each time with all readers at their bounds."""
        if self.before:
            self.after = self._memory()
            if self.after > self.before + SLACK:
                self.failures.append("memory grew from %d to %d" % (self.before, self.after))
                print("FAILED", self.failures[-1])

    def _memory(self):
        for _, reader in self._readers:
            reader.framer.gap()
            for telegram in self._fullest.telegrams():
                reader.feed(telegram, self._random)
            reader.readings = []
        return memory()

    def _one(self):
        random = self._random
        good = random.choice(random.choice(self._good))
        stretch = self._mutator.stretch(good)
        self.bytes += len(stretch)
        self.stretches += 1
        which = self._reader(good)
        keys, reader = self._readers[which]
        silence = random.below(8) == 0
        del reader.readings[:]
        started = worked_us()
        try:
            reader.feed(stretch, random)
            if silence:
                reader.framer.gap()
            seen = len(reader.readings)
            reason = self._bound(reader, good)
            reader.feed(good.data, random)
        except Exception as error:
            self.exceptions += 1
            self._fail("%r" % error, stretch, good)
            sys.print_exception(error) if hasattr(sys, "print_exception") else sys.excepthook(type(error), error, None)
            self._readers[which] = keys, Reader(keys, self._heard)
            return
        us = (worked_us() - started) // (len(stretch) + len(good.data))
        if us > self.worst_us:
            self._time(us, keys, stretch, good)
        if self._read(reader, seen, good):
            return
        seen = len(reader.readings)
        reader.feed(good.data, random)
        if self._read(reader, seen, good):
            self.late[reason] = self.late.get(reason, 0) + 1
            return
        self._fail("the next two good telegrams are missed (%s), the last for: %s"
                   % (reason, reader.decoder.reason), stretch, good)

    def _bound(self, reader, good):
        """Why this good telegram may be missed, by what is open before it; None if it may not."""
        framer = reader.framer
        kinds = framer.kinds[:framer.open]
        if any([kind in framer_module.UNCHECKED for kind in kinds]):
            return "a ciphered APDU was open, whose length may be a lie as it has no checksum"
        if good.kind == GLO and kinds:
            return "a ciphered APDU, as it has no checksum, passes for what the cut one before it carried"
        blocks = reader.decoder.layers.blocks
        if blocks and blocks.raw.length and not blocks.ascending:
            return "blocks had changed places: of which telegram they are is a guess"
        return "by chance a damaged one ends in it"

    def _reader(self, good):
        if good.keys is sources.NO_KEY:
            return self._random.below(len(self._readers))
        for i in range(len(self._readers)):
            if self._readers[i][0] == good.keys:
                return i
        return 0

    def _read(self, reader, seen, good):
        """True if the good telegram gave its readings, and nothing came after them."""
        return reader.readings[max(seen, len(reader.readings) - len(good.values)):] == good.values

    def _time(self, us, keys, stretch, good):
        """Measure a slow stretch again, in case the machine did something else meanwhile."""
        for _ in range(3):
            reader = Reader(keys)
            random = Random(1)
            started = worked_us()
            try:
                reader.feed(stretch, random)
                reader.feed(good.data, random)
            except Exception:
                return  # depends on what came before, as the time may have
            us = min(us, (worked_us() - started) // (len(stretch) + len(good.data)))
        self.worst_us = max(self.worst_us, us)
        if us > MOST_US:
            self._fail("%d us a byte" % us, stretch, good)

    def _fail(self, what, stretch, good):
        self.failures.append("seed %d, stretch %d in front of %s: %s\n  %s" % (
            self.seed, self.stretches, good.name, what, "".join(["%02x" % byte for byte in stretch])))
        print("FAILED", self.failures[-1])

    def totals(self):
        """{name: number} of all readers together."""
        out = dict(bytes=self.bytes, stretches=self.stretches)
        for name in ("frames", "checksum_errors", "truncated", "overrun", "parity"):
            out[name] = sum([getattr(reader.framer.counters, name) for _, reader in self._readers])
        for name in ("decoded", "rejected"):
            out[name] = sum([getattr(reader.decoder, name) for _, reader in self._readers])
        out["encrypted"] = sum([reader.decoder.layers.encrypted for _, reader in self._readers])
        out["exceptions"] = self.exceptions
        return out


def main(count, seed):
    fuzzer = Fuzzer(seed)
    steps = 20 if count > 400000 else 1
    for step in range(steps):
        fuzzer.run(count // steps)
        if (step + 1) % _MEASURED == 0 or step == steps - 1:
            fuzzer.measure()
            print("memory %d before, %d after" % (fuzzer.before, fuzzer.after))
        totals = fuzzer.totals()
        print("%d bytes, %d telegrams, %d decoded, digest %07x" % (
            totals["bytes"], totals["frames"], totals["decoded"], fuzzer.digest))
    for name in ("bytes", "stretches", "frames", "decoded", "rejected", "encrypted", "checksum_errors", "truncated",
                 "overrun", "parity", "exceptions"):
        print("%-17s %d" % (name, totals[name]))
    for reason in sorted(fuzzer.late):
        print("%-17s %d: %s" % ("next but one", fuzzer.late[reason], reason))
    print("%-17s %d" % ("worst us a byte", fuzzer.worst_us))
    print("%-17s %d" % ("failures", len(fuzzer.failures)))
    return 1 if fuzzer.failures else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
