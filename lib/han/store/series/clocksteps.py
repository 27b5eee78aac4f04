"""Clock steps: how samples with a wrong time get their right time later. Imported when needed.

A sample keeps the time that the clock showed. After a start, until something sets the clock, time
goes on from the last sample, as if the reader had not been off.

A run is all that was recorded since one start. When the clock turns out to be wrong by more than
DRIFT, the newest source is believed. An entry then says by how many seconds the samples of this run
so far are moved. The samples are not written again; readers of the history add the seconds. If the
step itself was wrong, the next entry moves the samples back. If a moved run would overlap the run
before it, then that run had the same wrong clock, and it is moved too.

None of this needs samples sorted by their times: their order in flash is the order of recording.

An entry:

    I       CRC-32 of the meter's number, 0: not known
    i       seconds to add
    4 x i   number of the run's first sample in each series
    4 x i   number after the run's last sample so far in each series

An entry of 0 seconds marks the start of a run, or another meter.
"""
from .bucket import DRIFT, FIRST
from ..ring import first, last, opened, place_of, read
from .samples import DAYS, GUESSED, MONTHS, TENS, UNSET, Series

_ENTRY = "Ii4i4i"
#: Steps that are applied when a series is read: the newest ones.
_MOST = 64


def known(region):
    """(numbers of the run's first samples, CRC-32 of the meter's number, number after the last 10-second sample moved).

    All are of the newest entry, and 0 where there is none. OSError when the flash cannot be read.
    """
    entry = last(opened(region, _ENTRY))
    if entry is None:
        return [0] * 4, 0, 0
    return list(entry[2:6]), entry[0], entry[6] if entry[1] else 0


def moves(region, kind):
    """[(first, end, seconds)] for a series, the newest step first: samples first … end - 1 are moved by `seconds`."""
    found = []
    for entry in _entries(region):
        if entry[1] and entry[6 + kind] > entry[2 + kind]:
            found.append((entry[2 + kind], entry[6 + kind], entry[1]))
            if len(found) == _MOST:
                break
    return found


def now(history, utc, up):
    """The time of a reading, s since 2020, where it does not simply go on from the reading before.

    Begins a run at the first reading after a start, records a step of the clock, and takes another zone.
    utc: what the clock says, None where the time is not known; up: uptime, s
    """
    zone = history.clock.zone
    if history.zone is not zone:
        history.zone = zone
        if history.edge:
            history.edge.release()
        if history.t is not None:
            for kind in (DAYS, MONTHS):  # the day and month that have begun end at a midnight of the new zone
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
        # At the first reading it is normal to be late: the reader was off. But a guessed clock is then corrected.
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
    """Take the CRC-32 of a meter's number that has come; True where another meter was known before."""
    before = history.meter
    if meter == before:
        return False
    history.meter = meter
    _note(history, 0)
    return before != 0


def _step(history, seconds):
    """The clock was wrong: move all samples and buckets of the run by so many seconds."""
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
    """Add earlier runs to the run, as long as it would overlap the one before when moved by `seconds`."""
    series = [Series(ring) for ring in history.series[:MONTHS]]
    run = history.run
    while run:
        history.run = run
        for kind, samples in enumerate(series):  # the finest series that still has samples of both runs decides
            place = place_of(history.series[kind], run[kind])
            begin = _dated(history, samples, kind, place)
            end = _dated(history, samples, kind, place - 1)
            if begin is not None and end is not None:
                break
        if begin is None or end is None or begin + seconds >= end:
            break
        run = _before(history.region, run)


def _before(region, run):
    """Numbers of the first samples of the run before the run that starts with `run`; None where not known."""
    for entry in _entries(region):
        if entry[2] < run[0]:
            return list(entry[2:6])
    return None


def _dated(history, samples, kind, place):
    if place == samples.next:
        return history.buckets[kind].t
    sample = samples.read(place)
    return sample and sample[0] + shifted(samples.number(place), moves(history.region, kind))


def _note(history, seconds):
    """Write an entry: the samples of the run so far are moved by `seconds`."""
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
    """Seconds by which `moves`, as moves() gives them, move the sample of this number."""
    seconds = 0
    for begin, end, by in moves:
        if begin <= number < end:
            seconds += by
    return seconds


def start_near(kind, t, zone):
    """The start of the bucket nearest to t (s since 2020): the start of a sample that was moved to t."""
    if kind < 2:
        grid = 900 if kind else 10
        return (t + grid // 2) // grid * grid
    return zone.month_start(t + 15 * 86400) if kind == 3 else zone.day_start(t + 43200)
