"""What a meter counts in, where its list does not say: its counters have to grow by what its power adds up to.

Power is added up from one telegram to the next. An interval begins with a counter and ends with one at least an hour
later, when import or export have come to 200 Wh; silence of more than a minute in between, and it begins anew. Where
the counter has grown by as much (within 10 % and a step) in one of the scales, the interval speaks for that: if the
other direction's has, too, as there are meters that count each phase by itself, while power is what all come to.

Until a scale is known, nobody is told a counter, as it could not be taken back: a counter that falls is a new meter to
clients, and all it shows new consumption. There are two exceptions: meters of a kind that is known to count as usual,
and meters whose counters clients were told before, by a version that took the usual scale for granted.

* Nothing told yet: one interval makes the scale known if no single wrong bit in its counters could have made the other
  scale look so, else two in a row.
* A counter that would jump tenfold but goes on in the other scale: the meter was set to another resolution, as all of
  Sweden's were. It is not told until an interval has spoken; then it goes on where it was.
* An interval that contradicts what was told: counters are not told until the next has spoken; two in a row change the
  scale, and the counters begin anew, as another meter's.
"""

#: s that an interval takes at least: lists come every hour, some seconds off.
LEAST_S = 3540
#: Wh that it needs in one direction.
LEAST_WH = 200
#: No telegram for so long ends it, ms.
GAP_MS = 60000
#: Wh of a counter's step in the usual scale.
STEP = 10
_NONE = 99


class Growth:
    """The counters of one meter, in Wh in the usual scale, and its power, W."""

    def __init__(self):
        self.known = None  # power of ten to the usual scale, None: not known
        self._up = None  # uptime of the last telegram, ms
        self._powers = [0, 0]  # its import and export
        self.restated = False  # what is told from now on does not go on from what was told
        self.forget()

    def forget(self):
        """Clients begin anew with what comes next."""
        self.told = None  # the scale that clients were told in
        self.used = 0  # for the last counters, None: they were not told
        self.claimed = None  # what the last interval spoke for that was not known
        self.times = 0  # how often in a row
        self._last = None  # counters as they were told
        self._seen = None  # counters in the usual scale, of the last telegram that had some
        self._contested = False  # they jump, and would not in the other scale
        self._begin(None, 0)

    def thousandths(self):
        """What the counters are multiplied by, in thousandths."""
        power = self.told if self.known is None else self.known
        return 1000 if power is None else _at(1000, power)

    def _begin(self, counters, up_ms):
        self._start = counters
        self._since = up_ms
        self._work = [0, 0]  # 0.1 Ws since then
        self._largest = [0, 0]  # what a single telegram added to that

    def expect(self, counters):
        """Clients were told these before the start."""
        self.told = self.known or 0
        self._last = tuple(counters[:2])

    def so_far(self):
        """(s, Wh imported, Wh exported) of the interval; None where none has begun."""
        if self._start is None:
            return None
        return (self._up - self._since) // 1000, self._work[0] // 36000, self._work[1] // 36000

    def run(self, imported, exported, up_ms):
        """Take the power of a telegram, W, None where it has none, received at this uptime."""
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
        """The scale to tell a telegram's counters in (import, export, None where not sent); None: not yet.

        other: the scale that may be instead of the usual one
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
        """Clients were told the counters that judge() saw last."""
        if self.used is not None and self._seen:
            self.told = self.used
            self._last = tuple([_at(number, self.used) for number in self._seen])
            self._seen = None

    def _hear(self, claim, proof):
        """An interval has spoken for a scale; proof: no single wrong bit can have made it."""
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
                self._last = None  # what was told before the start was in the other scale
                self.restated = True
            self._contested = False

    def _claim(self, counters, up_ms, other):
        """The scale that the interval speaks for, None where it does not, or not yet."""
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
            # Where little flowed, little was counted: a meter may count its phases apart, as power does not.
            if start[way] is not None and counters[way] is not None and found != _NONE:
                if not _near(_at(counters[way] - start[way], found), self._work[way] // 36000, 40):
                    found = _NONE
        if found == _NONE:
            self._begin(counters, up_ms)
            self.times = 0
            return None
        return found

    def _proof(self, counters, other):
        """Whether the other scale is out of the question, even were a bit of a counter wrong."""
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
        """Whether the counters, in a scale, go on from those that were told."""
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
