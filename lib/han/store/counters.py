"""Keeps the meter's energy counters over a restart, as many push lists carry them only once an hour."""
from .ring import last, opened

_LAYOUT = "Iqqqq"
_UNKNOWN = -1


class Counters:
    """The last known counters of one meter. region: a flash.Region of two sectors.

    values   active import and export (Wh), reactive import and export (varh); each None until known
    """

    def __init__(self, region):
        self.region = region
        self.values = [None] * 4
        self.unsaved = False
        self.meter = 0  # CRC-32 of the meter's number, 0 while the number is not known
        self.meters = 0  # Live.meters at the last update: how often another meter has taken over

    def load(self):
        """Take the counters that were saved last. OSError when the flash cannot be read."""
        record = last(opened(self.region, _LAYOUT))
        if record is not None:
            self.meter = record[0]
            self.values = [None if value == _UNKNOWN else value for value in record[1:]]

    def update(self, values, meter, meters=0):
        """Take four counters, None for each that was not sent.

        meter    CRC-32 of the meter's number, 0 where it is not known
        meters   Live.meters: how often another meter has taken over
        """
        another = meters != self.meters
        if another or meter and meter != self.meter:
            if another or self.meter:
                self.values = [None] * 4  # these are the counters of the meter before
            self.meter = meter
            self.meters = meters
            self.unsaved = True
        for i, value in enumerate(values):
            if value is not None and value != self.values[i]:
                self.values[i] = value
                self.unsaved = True

    def forget(self):
        """Forget the counters, in flash too: the next ones do not continue them."""
        self.values = [None] * 4
        self.unsaved = True
        try:
            self.save()
        except OSError:
            pass  # the next save() writes it

    def save(self):
        """Write the counters to flash if they have changed. OSError when the flash refuses."""
        if self.unsaved:
            ring = opened(self.region, _LAYOUT)
            ring.append(self.meter, *[_UNKNOWN if value is None else value for value in self.values])
            ring.prepare()
            self.unsaved = False
