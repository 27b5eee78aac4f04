"""What became of the clock: how samples that were dated wrongly get their right date. Imported when needed.

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
from .bucket import DRIFT, FIRST
from ..ring import first, last, opened, read
from .samples import DAYS, GUESSED, MONTHS, TENS, UNSET, Series

_ENTRY = "Ii4i4i"
#: Entries looked at for one reading.
_MOST = 64


def known(region):
    """(numbers of the run's first samples, CRC-32 of the meter's number, number of the 10 s after the last moved)."""
    entry = last(opened(region, _ENTRY))
    if entry is None:
        return [0] * 4, 0, 0
    return list(entry[2:6]), entry[0], entry[6] if entry[1] else 0


def moves(region, kind):
    """[(first, end, seconds)] that concern a series."""
    found = []
    for entry in _entries(region):
        if entry[1] and entry[6 + kind] > entry[2 + kind]:
            found.append((entry[2 + kind], entry[6 + kind], entry[1]))
            if len(found) == _MOST:
                break
    return found


def now(history, utc, up):
    """The time of a reading, s, where that is not just later: begins a run, sees to steps of the clock and its zone.

    utc: None where nobody knows
    """
    zone = history.clock.zone
    if history.zone is not zone:
        history.zone = zone
        if history.edge:
            history.edge.release()
        if history.t is not None:
            for kind in (DAYS, MONTHS):  # what has begun goes on to the next midnight there
                history.buckets[kind].end = history.bounds(kind, history.t)[1]
    is_first = history.up is None
    known = utc is not None
    begins = is_first and (known or not history.guessed)
    if history.t is None:
        begins = True
        history.t = utc if known else FIRST
        for kind in range(4):
            history.open(kind, history.t)
    t = history.t if is_first else history.t + up - history.up
    if known:
        late = utc - t
        # Later than the last sample is where the reader was off, unless that was a guess.
        if late < -DRIFT or late > DRIFT and (history.guessed or not is_first):
            _step(history, late)
        history.guessed = False
        history.buckets[TENS].f &= ~GUESSED
        t = max(utc, history.t)
    elif is_first:
        history.guessed = True
    if begins:
        history.run = _ends(history)
        _note(history, 0)
    return t


def another(history, meter):
    """A meter's number has come, its CRC-32: whether that is another meter's than the one before."""
    before = history.meter
    if meter == before:
        return False
    history.meter = meter
    _note(history, 0)
    return before != 0


def _step(history, seconds):
    """The clock was wrong: all since the start of the run was so much later."""
    if history.edge:
        history.edge.release()
    _reach(history, seconds)
    _note(history, seconds)
    history.t += seconds
    for kind in range(4):
        bucket = history.buckets[kind]
        bucket.t = start_near(kind, bucket.t + seconds, history.zone)
        bucket.end = history.bounds(kind, bucket.t)[1]
        bucket.f |= UNSET


def _reach(history, seconds):
    """Add to the run those before it that it would reach into."""
    series = [Series(ring) for ring in history.series[:MONTHS]]
    run = history.run
    while run:
        history.run = run
        for kind, samples in enumerate(series):  # the finest that goes back so far
            begin = _dated(history, samples, kind, run[kind])
            end = _dated(history, samples, kind, run[kind] - 1)
            if begin is not None and end is not None:
                break
        if begin is None or end is None or begin + seconds >= end:
            break
        run = _before(history.region, run)


def _before(region, run):
    """Numbers of the first samples of the run before the one that starts with these; None: not known."""
    for entry in _entries(region):
        if entry[2] < run[0]:
            return list(entry[2:6])
    return None


def _dated(history, samples, kind, number):
    if number == samples.next:
        return history.buckets[kind].t
    sample = samples.read(number)
    return sample and sample[0] + shifted(number, moves(history.region, kind))


def _note(history, seconds):
    """Keep that the samples of the run so far are moved."""
    try:
        ring = opened(history.region, _ENTRY)
        ring.append(history.meter, seconds, *(history.run + _ends(history)))
        ring.prepare()
    except OSError as error:
        history.refused(error)


def _ends(history):
    return [ring.next for ring in history.series]


def _entries(region):
    """Iterate over the entries, the newest first."""
    ring = opened(region, _ENTRY)
    for number in range(ring.next - 1, first(ring) - 1, -1):
        entry = read(ring, number)
        if entry:
            yield entry


def shifted(number, moves):
    """Seconds by which the clock steps move a sample of this number."""
    seconds = 0
    for begin, end, by in moves:
        if begin <= number < end:
            seconds += by
    return seconds


def start_near(kind, t, zone):
    """The start of a bucket of a series nearest to t: where a sample goes that was moved."""
    if kind < 2:
        grid = 900 if kind else 10
        return (t + grid // 2) // grid * grid
    return zone.month_start(t + 15 * 86400) if kind == 3 else zone.day_start(t + 43200)
