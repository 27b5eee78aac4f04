"""A bad line between a simulated meter and its reader, for soak.py: flipped bits, cut telegrams and noise."""


class Line:
    """A source that damages some telegrams of another source, and counts the good ones, which must become readings."""

    def __init__(self, meter, chance):
        self.line = meter.line
        self.bad = False  # True: it damages telegrams now
        self.good = self.damaged = 0
        self.last = None  # us since the start of the last good telegram
        self.gap = 0  # longest time between two good ones without a restart or a silent line, s
        self.known = 0  # time of the last telegram, s since the start
        self._meter = meter
        self._chance = chance

    def next(self, now_us, free_us):
        """(start in us, bytes) of the next transmission; None if there is none yet."""
        sent = self._meter.next(now_us, free_us)
        if sent is None:
            return None
        start, data = sent
        self.known = start // 1000000
        chance = self._chance
        if self.bad and chance.random() < 0.2:
            kind = chance.choice(("flip", "cut", "noise"))
            if kind == "noise":
                return start, self._took(start, bytes(chance.choices(range(256), k=40)) + data)
            self.damaged += 1
            at = chance.randrange(1, len(data) - 8)  # the bytes after the checksum do not matter
            if kind == "cut":
                return start, data[:at]
            return start, data[:at] + bytes((data[at] ^ 1 << chance.randrange(7),)) + data[at + 1 :]
        return start, self._took(start, data)

    def _took(self, start, data):
        if self.last is not None:
            self.gap = max(self.gap, (start - self.last) // 1000000)
        self.last = start
        self.good += 1
        return data
