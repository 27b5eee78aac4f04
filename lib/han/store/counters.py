"""The meter's energy counters over a restart: many lists carry them only once an hour."""
from .ring import last, opened

_LAYOUT = "Iqqqq"
_UNKNOWN = -1


class Counters:
    """The last known counters of one meter (Wh, Wh, varh, varh), each None until known. region: of two sectors."""

    def __init__(self, region):
        self.region = region
        self.values = [None] * 4
        self.unsaved = False
        self.meter = 0  # CRC-32 of the meter's number, 0 while it is not known
        self.meters = 0  # of the Live that they are from: how often another took over

    def load(self):
        """Take what was saved last. OSError when the flash cannot be read."""
        record = last(opened(self.region, _LAYOUT))
        if record is not None:
            self.meter = record[0]
            self.values = [None if value == _UNKNOWN else value for value in record[1:]]

    def update(self, values, meter, meters=0):
        """Take four counters, None where not sent, of the meter with this CRC-32 (0: not known)."""
        another = meters != self.meters
        if another or meter and meter != self.meter:
            if another or self.meter:
                self.values = [None] * 4  # another meter: its predecessor's counters are not its own
            self.meter = meter
            self.meters = meters
            self.unsaved = True
        for i, value in enumerate(values):
            if value is not None and value != self.values[i]:
                self.values[i] = value
                self.unsaved = True

    def forget(self):
        """What comes next does not go on from these, not even after a restart right now."""
        self.values = [None] * 4
        self.unsaved = True
        try:
            self.save()
        except OSError:
            pass  # then with the next ones

    def save(self):
        """Write them to flash if they have changed. OSError when the flash refuses."""
        if self.unsaved:
            ring = opened(self.region, _LAYOUT)
            ring.append(self.meter, *[_UNKNOWN if value is None else value for value in self.values])
            ring.prepare()
            self.unsaved = False
