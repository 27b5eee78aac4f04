"""The meter as it is known now: the last telegram, completed by what earlier ones said."""
from .sense.direction import PAIRS
from .sense.network import Network
from .obis import EXPORT_ENERGY, EXPORT_POWER, EXPORT_REACTIVE_ENERGY, IMPORT_ENERGY, IMPORT_POWER
from .reading import Reading


class Live(Reading):
    """What bus topic 'meter' carries: one object, changed and published again with each telegram."""

    def __init__(self):
        super().__init__()
        self.seq = 0  # readings since boot, 1 is the first
        self.received = 0  # board.ticks_ms() of the last telegram's last byte
        self.counted = 0  # seq of the last reading whose telegram had the counters
        self.meters = 0  # how often another meter took over
        self.title = None  # system title of ciphered telegrams
        self.period_ms = 0  # from one telegram to the next, 0 while unknown
        self.network = Network()

    def forget(self):
        """Another meter: nothing of the one before may show in its readings."""
        self.clear()
        self.network.forget()
        self.period_ms = 0
        self.meters += 1

    def take(self, reading, ticks, since_ms):
        """Take over a telegram received at `ticks`, since_ms after the one before (0: the first)."""
        self.merge(reading)
        if reading.undirected:
            # What was known of them before is over.
            self.present[IMPORT_POWER] = self.present[EXPORT_POWER] = 0
        # A list with the imported power alone comes from meters that net their phases: while they
        # import they do not export, whatever the last full list said. That nothing is imported
        # says so where such a power had a sign before.
        self.netted |= reading.netted
        for i in range(4):
            imported, exported = PAIRS[i]
            if reading.present[imported] and not reading.present[exported]:
                if reading.get(imported) or self.netted >> i & 1:
                    self.put(exported, 0)
        self.network.complete(self, reading)
        self.seq += 1
        # A meter of what is fed in has no other counter.
        if reading.present[IMPORT_ENERGY] or reading.present[EXPORT_ENERGY] and not self.present[IMPORT_ENERGY]:
            self.counted = self.seq
        self.received = ticks
        if since_ms:
            # Longer lists come between; a missed telegram must not pass for the period.
            if not self.period_ms or since_ms < 2 * self.period_ms:
                self.period_ms = (3 * (self.period_ms or since_ms) + since_ms) // 4
            else:
                self.period_ms += self.period_ms // 4

    def energies(self):
        """Counters (import, export Wh; reactive import, export varh), None each where not known."""
        return tuple(self.get(field) for field in range(IMPORT_ENERGY, EXPORT_REACTIVE_ENERGY + 1))
