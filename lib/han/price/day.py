"""Day: gathers the prices of one day of the exchange, and checks that they are complete and sane."""
from array import array

from ..core import utf8
from ..core.clock import EPOCH
from ..core.zone import date, days
from .scan import Wrong

_UNKNOWN = -(2**62)
_QUARTER = 900
# Sane prices, a little wider than what the exchange allows: -60 to 600 cents per kWh, in 10^-6 cents.
_LEAST = -60000000
_MOST = 600000000


class Day:
    """The prices from start to end (seconds since 2020 UTC), in 10^-6 minor units per kWh."""

    def __init__(self, start, end):
        self.start = start
        self.end = end
        #: Number of slots that have come, also those of other days. 0 at the end: the day is not published yet.
        self.seen = 0
        self._prices = array("q", [_UNKNOWN] * ((end - start) // _QUARTER))

    def date(self):
        """(year, month, day) of the day in the exchange's zone."""
        # Noon in central Europe has the same date in UTC.
        return date((self.start + 43200) // 86400)

    def add(self, unix, price):
        """Take a slot: its start in unix seconds, and its price or None. Slots of other days are ignored.

        Wrong where it does not start at a quarter of an hour, or has another price already.
        """
        self.seen += 1
        at = unix - EPOCH - self.start
        if at % _QUARTER:
            raise Wrong("a slot starts at %d" % unix)
        at //= _QUARTER
        if 0 <= at < len(self._prices) and price is not None:
            if self._prices[at] not in (_UNKNOWN, price):
                raise Wrong("two prices for one time")
            self._prices[at] = price

    def finish(self, units=1):
        """(seconds of a slot: 900 or 3600, array of prices). Wrong where a slot is missing or a price is not sane.

        units: roughly the units of the prices' currency per euro
        """
        prices = self._prices
        count = len(prices)
        filled = 0
        hourly = True
        for k in range(count):
            if prices[k] != _UNKNOWN:
                filled += 1
                hourly = hourly and k % 4 == 0
        if not filled:
            raise Wrong("prices of another day" if self.seen else "no prices")
        if hourly and filled == count // 4:
            step = 4 * _QUARTER
            prices = array("q", [prices[k] for k in range(0, count, 4)])
        elif filled == count:
            step = _QUARTER
        else:
            raise Wrong("%d of %d prices" % (filled, count))
        least = min(prices)
        most = max(prices)
        if least < _LEAST * units or most > _MOST * units or least == most:
            raise Wrong("prices from %d to %d" % (least // 1000000, most // 1000000))
        return step, prices


def unix(raw):
    """Unix seconds of a time such as b"2025-10-26T02:00:00+01:00" or b"…Z" (ISO 8601). Wrong for anything else."""
    text = utf8.text(raw)
    if text is None:
        raise Wrong("a time that is not text")
    try:
        if text[4] + text[7] + text[10] + text[13] + text[16] != "--T::":
            raise ValueError
        day = days(int(text[:4]), int(text[5:7]), int(text[8:10]))
        time = int(text[11:13]) * 3600 + int(text[14:16]) * 60 + int(text[17:19])
        zone = text[19:]
        if zone[:1] == ".":
            zone = zone[1:].lstrip("0123456789")
        if zone != "Z":
            if len(zone) != 6 or zone[0] not in "+-" or zone[3] != ":":
                raise ValueError
            offset = int(zone[1:3]) * 3600 + int(zone[4:6]) * 60
            time += offset if zone[0] == "-" else -offset
        return EPOCH + day * 86400 + time
    except (ValueError, IndexError):
        raise Wrong("not a time: %s" % text)
