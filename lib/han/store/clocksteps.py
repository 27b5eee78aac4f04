"""What became of the clock: how samples that were dated wrongly get their right date.

Samples keep the time that the clock showed. Until somebody sets it, time goes on from the last
sample, as though the reader had not been off. A run is what was recorded from a start on. When the
clock turns out to be wrong by more than it may drift, the newest word is believed: an entry here
moves all samples of the run so far, by reading them differently, not by writing them again. A step
that was wrong itself is moved back by the next. Where a run would reach into the one before it,
that was on the same wrong clock and goes with it. Nothing of this needs the samples to be sorted by
the time they claim; their order in flash is the order in which they were recorded.

    I   CRC-32 of the meter's number, 0: not known     i   seconds to add
    4 x i   number of the first sample of the run in each series     4 x i   of the one after the last

An entry that moves nothing (0 s) tells the start of a run, or another meter.
"""
import struct

from .ring import Ring

_ENTRY = "<Ii4i4i"
#: Entries looked at for one reading.
_MOST = 64


class ClockSteps:
    """The entries, in a flash.Region; run: where the run began, meter: the last one known."""

    def __init__(self, region):
        self._ring = Ring(region, struct.calcsize(_ENTRY))
        self.run = [0] * 4
        self.meter = 0
        self.dated = 0  # number of the 10 s after the last that was moved
        last = self._ring.last()
        if last is not None:
            entry = struct.unpack(_ENTRY, last)
            self.meter = entry[0]
            self.run = list(entry[2:6])
            if entry[1]:
                self.dated = entry[6]

    def add(self, seconds, ends):
        """Move the samples of the run up to the numbers `ends`. OSError when the flash refuses."""
        self._ring.append(struct.pack(_ENTRY, self.meter, seconds, *(self.run + ends)))
        self._ring.prepare()

    def before(self, run):
        """Numbers of the first samples of the run before the one that starts with these; None: not known."""
        ring = self._ring
        for number in range(ring.next - 1, ring.first - 1, -1):
            payload = ring.read(number)
            if payload:
                start = struct.unpack(_ENTRY, payload)[2:6]
                if start[0] < run[0]:
                    return list(start)
        return None

    def moves(self, kind):
        """[(first, end, seconds)] that concern a series."""
        found = []
        ring = self._ring
        for number in range(ring.next - 1, ring.first - 1, -1):
            payload = ring.read(number)
            if payload:
                entry = struct.unpack(_ENTRY, payload)
                if entry[1] and entry[6 + kind] > entry[2 + kind]:
                    found.append((entry[2 + kind], entry[6 + kind], entry[1]))
                    if len(found) == _MOST:
                        break
        return found


def shifted(number, moves):
    """Seconds by which the clock steps move a sample of this number."""
    seconds = 0
    for first, end, by in moves:
        if first <= number < end:
            seconds += by
    return seconds


def start_near(kind, t, zone):
    """The start of a bucket of a series nearest to t: where a sample goes that was moved."""
    if kind < 2:
        grid = 900 if kind else 10
        return (t + grid // 2) // grid * grid
    return zone.month_start(t + 15 * 86400) if kind == 3 else zone.day_start(t + 43200)
