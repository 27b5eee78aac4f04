"""Rebuilds the buckets that had not ended before a restart, from the samples in flash. Imported once.

The samples of each series are folded into the next coarser one again, as when they were recorded. It begins with the
first sample that the coarser series does not contain yet. A coarser sample that a power cut prevented is written now.
"""
from .clocksteps import known, moves, shifted, start_near
from .history import History
from .samples import (
    CHANGED, DAYS, GUESSED, LATE, MONTHS, NO_COUNTER, PARTIAL, QUARTERS, TENS, Series, newest, rings, unfolded,
)  # fmt: skip

# A pause between samples that is longer than this was a gap, s. Shorter ones are normal: telegrams may be rare.
_GAP = 180
_FORTNIGHT = 14 * 86400


def restored(partition, region, clock, price=None, before=None):
    """The History of a partition, ready to record.

    region   flash.Region of two sectors with the clock steps
    price    see History
    before   see samples.rings()

    OSError when the flash cannot be read, ValueError when the partition is too small.
    """
    history = History(rings(partition, before), region, clock, price)
    _Replay(history).run()
    return history


class _At:
    """Takes the place of the Ring of the series that is being folded. next: number of the sample to fold next."""

    next = 0


class _Replay:
    """Brings a new History to the state after its last sample."""

    def __init__(self, history):
        self._history = history
        self._zone = history.clock.zone
        self._series = [Series(ring) for ring in history.series]
        self._moves = [moves(history.region, kind) for kind in range(4)]
        self._opened = MONTHS + 1

    def run(self):
        """Fold everything. OSError when the flash cannot be read."""
        history = self._history
        history.run, history.meter, dated = known(history.region)
        last = newest(self._series[MONTHS])
        if last:
            # The last month may have begun in another zone: its end is found from a day in its middle.
            history.t = self._zone.next_month(self._t(MONTHS, *last) + _FORTNIGHT)
            history.counters = _counters(last[1])
        for kind in (DAYS, QUARTERS, TENS):
            series = self._series[kind]
            # A coarser sample that is written now contains the samples before number `next` of this series.
            ring, self._at = history.series[kind], _At()
            history.series[kind] = self._at
            for number in range(unfolded(series, self._series[kind + 1]), series.next):
                self._at.next = number
                sample = series.read(number)
                if sample:
                    self._apply(kind, self._t(kind, number, sample), sample)
            history.series[kind] = ring
        if history.t is not None:
            self._open(TENS)
        last = newest(self._series[TENS])
        history.guessed = bool(last and last[1][1] & GUESSED and self._series[TENS].number(last[0]) >= dated)

    def _t(self, kind, number, sample):
        by = shifted(self._series[kind].number(number), self._moves[kind])
        return start_near(kind, sample[0] + by, self._zone) if by else sample[0]

    def _open(self, kind):
        while self._opened > kind:
            self._opened -= 1
            self._history.open(self._opened, self._history.t)

    def _apply(self, kind, t, sample):
        history = self._history
        own = [sample[3], sample[4]] if kind else [sample[18], sample[19]]
        after = _counters(sample)
        gap = [0, 0]
        if history.t is None:
            history.t = t
        self._open(kind + 1)
        if not sample[1] & CHANGED:
            # The counters are right even where a sample in between is lost: the gap gets what the sample lacks.
            for way in range(2):
                if after[way] is not None and history.counters[way] is not None:
                    # A counter never goes back: power may have run ahead of it, or the edge before corrected it.
                    after[way] = max(after[way], history.counters[way])
                    wh = after[way] - history.counters[way]
                    own[way] = min(own[way], wh)
                    gap[way] = wh - own[way]
        silent = t > history.t + _GAP
        for _ in range(2):
            for bucket in history.buckets[kind + 1 :]:
                if silent and bucket.t < t:
                    bucket.f |= PARTIAL
            self._advance(kind, max(t, history.t), gap, sample[1] & LATE)
            gap = [0, 0]  # the second time marks the buckets that have begun meanwhile
        for way in range(2):
            if after[way] is not None:
                history.counters[way] = after[way] - own[way]
        history.buckets[kind + 1].fold(sample)
        self._at.next += 1
        self._advance(kind, max(history.bounds(kind, t)[1], history.t), own, 0)
        history.counters = after

    def _advance(self, kind, t, energy, late):
        history = self._history
        for coarser in range(kind + 1, 4):
            # Late energy flowed before these 15 minutes.
            none = late and coarser == QUARTERS
            history.advance(coarser, history.t, t, [0, 0] if none else energy)
        history.t = t


def _counters(sample):
    """[import, export] Wh at the end of a sample, None where not known."""
    return [None if sample[16 + i] == NO_COUNTER else sample[16 + i] << 32 | sample[14 + i] for i in range(2)]
