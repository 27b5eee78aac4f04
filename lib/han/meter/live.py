"""Live: what is known about the meter now. The last telegram, completed with values of earlier ones."""
from .sense.direction import PAIRS
from .sense.network import Network
from .obis import EXPORT_ENERGY, EXPORT_POWER, EXPORT_REACTIVE_ENERGY, IMPORT_ENERGY, IMPORT_POWER, NETTED, UNDIRECTED
from .fill import overlay
from .reading import BESIDES, TEXT_SLOTS, Reading


class Live(Reading):
    """The value of the bus's topic 'meter': one object, which is changed and published again with each reading."""

    clock = deviation = dst = None  # as of Reading.time()
    demand = None  # True: the meter tells its demand (registers/demand.py); False: it does not; None: nobody has asked

    def __init__(self):
        super().__init__()
        self.seq = 0  # number of readings since the start
        self.received = 0  # board.ticks_ms() of the last telegram's last byte
        self.counted = 0  # seq of the last reading whose telegram had the counters
        self.meters = 0  # how often another meter has taken over
        self.title = None  # system title of ciphered telegrams
        self.period_ms = 0  # typical time from one telegram to the next, 0 while unknown
        self.network = Network()
        #: What the meter says besides the fields, an Extra; None as long as it says nothing else.
        self.extra = None
        self.ratio = 1  # of the transformers before the meter, by which what is in `extra` has to be multiplied
        self._new = True  # no telegram of this meter has come yet

    def forget(self):
        """Another meter takes over: forget all values of the one before."""
        self.clear()
        self.clock = self.deviation = self.dst = None
        self.extra = None
        self._new = True
        self.network.forget()
        self.period_ms = 0
        self.demand = None
        self.meters += 1

    def merge(self, other):
        """Take over the values that the other reading has, and its clock; keep the rest."""
        overlay(self.values, self.present, other.values, other.present)
        for slot in range(TEXT_SLOTS):
            if other.said[slot]:
                self.said[slot] = 1
                self.texts[slot] = other.texts[slot]
        self.clock, self.deviation, self.dst = other.time()

    def take(self, reading, ticks, since_ms):
        """Take over a telegram's reading, received at `ticks`, since_ms after the one before (0: it is the first)."""
        self.merge(reading)
        if reading.more & BESIDES or self.extra:
            self.take_more(reading)
        self._new = False
        if reading.said[UNDIRECTED]:
            # A power has come whose direction is unknown: the values before are out of date.
            self.present[IMPORT_POWER] = self.present[EXPORT_POWER] = 0
        # Meters that send a list with only the imported power net their phases: while they import,
        # they do not export, whatever the last full list said. If the imported power is 0, they do
        # not export either, if that power has had a sign before.
        self.said[NETTED] |= reading.said[NETTED]
        for i in range(4):
            imported, exported = PAIRS[i]
            if reading.present[imported] and not reading.present[exported]:
                if reading.get(imported) or self.said[NETTED] >> i & 1:
                    self.put(exported, 0)
        self.network.complete(self, reading)
        self.seq += 1
        # A meter that counts only export has no counter of import.
        if reading.present[IMPORT_ENERGY] or reading.present[EXPORT_ENERGY] and not self.present[IMPORT_ENERGY]:
            self.counted = self.seq
        self.received = ticks
        if since_ms:
            # Extra lists may come in between, and a missed telegram must not count as a longer period.
            if not self.period_ms or since_ms < 2 * self.period_ms:
                self.period_ms = (3 * (self.period_ms or since_ms) + since_ms) // 4
            else:
                self.period_ms += self.period_ms // 4

    def take_more(self, reading):
        """Take over what the telegram says besides its fields."""
        if not self.extra:
            from .besides.extra import Extra

            self.extra = Extra()
        if not self.extra.take(reading, self._new):
            self.extra = None

    def energies(self):
        """The counters (import, export in Wh; reactive import, export in varh), a tuple; None each where not known."""
        return tuple(self.get(field) for field in range(IMPORT_ENERGY, EXPORT_REACTIVE_ENERGY + 1))
