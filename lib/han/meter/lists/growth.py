"""Finds out the scale of a meter's counters, where its list does not tell it: counters must grow as power adds up.

Power is summed from telegram to telegram. An interval begins with a counter, and ends with a counter at least an hour
later, when at least 200 Wh were imported or exported. After silence of more than a minute it begins again. If the
counter has grown by the same energy (within 10 % and a step) in one of the scales, the interval speaks for that scale.
The counter of the other direction must match, too: some meters count each phase by itself, while power is the sum of
all phases.

Until the scale is known, no counter is published. A wrong one could not be taken back: to clients, a counter that falls
is a new meter, and everything it shows is new consumption. There are two exceptions: types of meters that are known to
use the usual scale, and meters whose counters were published before, by a version that assumed the usual scale.

* Nothing was published yet. One interval makes the scale known, if no single wrong bit in its counters could make the
  other scale look like this. Else two in a row are needed.
* A counter would jump tenfold, but goes on in the other scale. Then the meter was set to another resolution, as all
  meters in Sweden were. The counter is not published until an interval has spoken. Then it goes on where it was.
* An interval contradicts what was published. Counters are not published until the next interval has spoken. Two in a
  row change the scale, and the counters begin anew, as another meter's.
"""

#: Least duration of an interval, s: lists come every hour, give or take some seconds.
LEAST_S = 3540
#: Least energy of an interval in one direction, Wh.
LEAST_WH = 200
#: Without a telegram for so long, the interval is given up, ms.
GAP_MS = 60000
#: A counter's step in the usual scale, Wh.
STEP = 10
_NONE = 99


class Growth:
    """Finds out the scale of one meter's counters. A scale is a power of ten to the usual one."""

    def __init__(self):
        self.known = None  # the scale, None: not known
        self._up = None  # uptime of the last telegram, ms
        self._powers = [0, 0]  # its import and export, W
        self.restated = False  # counters do not continue those that were published: they are as another meter's
        self.forget()

    def forget(self):
        """Counters begin anew for clients with the next telegram."""
        self.told = None  # the scale in which counters were published, None: none were
        self.used = 0  # the scale of the last counters, None: they were not published
        self.claimed = None  # the scale for which the last interval spoke, if it was not the known one
        self.times = 0  # how many intervals in a row did that
        self._last = None  # counters as they were published, Wh
        self._seen = None  # counters of the last telegram that had some, in the usual scale
        self._contested = False  # counters jump, but would not in the other scale
        self._begin(None, 0)

    def thousandths(self):
        """The multiplier of the counters' scale to the usual one, in thousandths."""
        power = self.told if self.known is None else self.known
        return 1000 if power is None else _at(1000, power)

    def _begin(self, counters, up_ms):
        self._start = counters
        self._since = up_ms
        self._work = [0, 0]  # import and export since then, 0.1 Ws
        self._largest = [0, 0]  # the largest part of it between two telegrams

    def expect(self, counters):
        """Counters (Wh) were published before the start."""
        self.told = self.known or 0
        self._last = tuple(counters[:2])

    def so_far(self):
        """(s, Wh imported, Wh exported) of the present interval; None where none has begun."""
        if self._start is None:
            return None
        return (self._up - self._since) // 1000, self._work[0] // 36000, self._work[1] // 36000

    def run(self, imported, exported, up_ms):
        """Take a telegram's powers, W (None where it has none), received at the uptime up_ms."""
        self._seen = None
        if self._up is None:
            self._up = up_ms
        tenths = (up_ms - self._up) // 100
        if tenths > GAP_MS // 100:
            self._begin(None, 0)
            self._up = up_ms
        else:
            self._up += 100 * tenths
            for way in range(2):
                work = self._powers[way] * tenths
                self._work[way] += work
                self._largest[way] = max(self._largest[way], work)
        if imported is not None or exported is not None:
            self._powers[0] = imported or 0
            self._powers[1] = exported or 0

    def judge(self, counters, up_ms, other, usual_at_once):
        """The scale in which to publish a telegram's counters; None: not yet.

        counters        import and export in the usual scale, Wh, None each where not sent
        other           the only scale besides the usual one
        usual_at_once   True: this type of meter is known to use the usual scale
        """
        self._seen = counters
        told = self.told
        contested = (
            told is not None and not self._goes_on(counters, told, 4) and self._goes_on(counters, other - told, 1)
        )
        if contested and not self._contested:
            self._begin(counters, up_ms)
        self._contested = contested
        claim = self._claim(counters, up_ms, other)
        if claim is not None:
            self._hear(claim, self._proof(counters, other - claim))
            self._begin(counters, up_ms)
        power = self.known if self.known is not None else told
        if power is None and usual_at_once:
            power = 0
        if self.times or self._contested and power == told:
            power = None
        elif power is not None and told is not None and power != told and not self._goes_on(counters, power, 1):
            self.restated = True
        self.used = power
        return power

    def published(self):
        """The counters that judge() saw last were published."""
        if self.used is not None and self._seen:
            self.told = self.used
            self._last = tuple([_at(number, self.used) for number in self._seen])
            self._seen = None

    def _hear(self, claim, proof):
        """An interval has spoken for the scale `claim`. proof: no single wrong bit can be the reason."""
        standing = self.told if self.known is None else self.known
        if claim == standing and not self._contested:
            self.known = claim
            self.times = 0
            return
        self.times = self.times + 1 if claim == self.claimed and self.times else 1
        self.claimed = claim
        if self.times > 1 or proof and (standing is None or self._contested):
            self.known = claim
            self.times = 0
            if self._contested and claim == standing:
                self._last = None  # the counters published before the start were in the other scale
                self.restated = True
            self._contested = False

    def _claim(self, counters, up_ms, other):
        """The scale for which the interval speaks; None where it speaks for none, or is not over."""
        start = self._start
        if start is None or _less(counters, start):
            self._begin(counters, up_ms)
            return None
        if up_ms - self._since < 1000 * LEAST_S:
            return None
        found = None
        for way in range(2):
            wh = self._work[way] // 36000
            if wh >= LEAST_WH and start[way] is not None and counters[way] is not None:
                if 8 * self._largest[way] > self._work[way]:
                    return None  # a single telegram may be wrong
                grown = counters[way] - start[way]
                fits = 0 if _near(grown, wh) else other if _near(_at(grown, other), wh) else _NONE
                found = fits if found in (None, fits) else _NONE
        if found is None:
            return None
        for way in range(2):
            # Where little energy flowed, the counter must have grown little. If it counts phases apart, that fails.
            if start[way] is not None and counters[way] is not None and found != _NONE:
                if not _near(_at(counters[way] - start[way], found), self._work[way] // 36000, 40):
                    found = _NONE
        if found == _NONE:
            self._begin(counters, up_ms)
            self.times = 0
            return None
        return found

    def _proof(self, counters, other):
        """True where the other scale is impossible, even if one bit of a counter was wrong."""
        for way in range(2):
            wh = self._work[way] // 36000
            if wh >= LEAST_WH and counters[way] is not None and self._start[way] is not None:
                grown = counters[way] - self._start[way]
                bit = STEP
                while bit < 20 * wh * STEP:
                    if _near(_at(grown + bit, other), wh) or _near(_at(grown - bit, other), wh):
                        return False
                    bit *= 2
        return True

    def _goes_on(self, counters, power, most):
        """True where the counters in the scale `power` continue those that were published. most: highest factor."""
        if self._last is None:
            return True
        for number, before in zip(counters, self._last):
            if number is not None and before is not None:
                number = _at(number, power)
                if number < before - 2 * STEP or number > before * (10 * most + 1) // 10 + 10000:
                    return False
        return True


def _at(number, power):
    if number is None or not power:
        return number
    return number * 10**power if power > 0 else number // 10**-power


def _near(grown, wh, more=0):
    return abs(grown - wh) <= wh // 10 + STEP + more


def _less(counters, before):
    for a, b in zip(counters, before):
        if a is not None and b is not None and a < b:
            return True
    return False
