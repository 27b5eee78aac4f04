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
# Two prices are the same within 1 % or 0.1 cent per kWh.
_PERCENT = 100
_NEAR = 100000
# What is believed of a provider that no other one confirms: the exchange's own limits, -50 to 400 cents per kWh, and a
# mean of the day up to 100 cents, which is more than on the dearest days of 2022.
_ALONE_LEAST = -50000000
_ALONE_MOST = 400000000
_ALONE_MEAN = 100000000


class Day:
    """The prices from start to end (seconds since 2020 UTC), in 10^-6 cents per kWh, and in 10^-6 minor units of a
    provider's own currency where it gives them."""

    def __init__(self, start, end):
        self.start = start
        self.end = end
        #: Number of slots that have come, also those of other days. 0 at the end: the day is not published yet.
        self.seen = 0
        self._prices = self._blank()
        self._others = None  # the prices in the provider's own currency

    def _blank(self):
        return array("q", [_UNKNOWN] * ((self.end - self.start) // _QUARTER))

    def date(self):
        """(year, month, day) of the day in the exchange's zone."""
        # Noon in central Europe has the same date in UTC.
        return date((self.start + 43200) // 86400)

    def add(self, unix, price, other=None):
        """Take a slot: its start in unix seconds, and its price or None. Slots of other days are ignored.

        other: the same price in the provider's own currency, or None
        Wrong where it does not start at a quarter of an hour, or has another price already.
        """
        self.seen += 1
        at = unix - EPOCH - self.start
        if at % _QUARTER:
            raise Wrong("a slot starts at %d" % unix)
        at //= _QUARTER
        if 0 <= at < len(self._prices):
            _put(self._prices, at, price)
            if other is not None:
                if self._others is None:
                    self._others = self._blank()
                _put(self._others, at, other)

    def finish(self, units=1):
        """(seconds of a slot: 900 or 3600, prices, prices in the provider's own currency or None).

        Wrong where a slot is missing, a price is not sane, or those in its own currency do not fit the others.

        units: roughly the units of its own currency per euro
        """
        prices = self._prices
        step = _step(prices, self.seen)
        prices = _thin(prices, step)
        least = min(prices)
        most = max(prices)
        if least < _LEAST or most > _MOST or least == most:
            raise Wrong("prices from %d to %d" % (least // 1000000, most // 1000000))
        others = self._others
        if others is not None:
            if _step(others, self.seen) != step:
                raise Wrong("not all prices in both currencies")
            others = _thin(others, step)
            _fit(prices, others, units)
        return step, prices, others


def _put(prices, at, price):
    if price is not None:
        if prices[at] not in (_UNKNOWN, price):
            raise Wrong("two prices for one time")
        prices[at] = price


def _step(prices, seen):
    count = len(prices)
    filled = 0
    hourly = True
    for k in range(count):
        if prices[k] != _UNKNOWN:
            filled += 1
            hourly = hourly and k % 4 == 0
    if not filled:
        raise Wrong("prices of another day" if seen else "no prices")
    if hourly and filled == count // 4:
        return 4 * _QUARTER
    if filled == count:
        return _QUARTER
    raise Wrong("%d of %d prices" % (filled, count))


def _thin(prices, step):
    return prices if step == _QUARTER else array("q", [prices[k] for k in range(0, len(prices), 4)])


def _fit(prices, others, units):
    """Wrong where `others` are not `prices` at one rate, which is near `units`."""
    rate = 1000000 * sum([abs(price) for price in others]) // sum([abs(price) for price in prices])
    if not 500000 * units < rate < 2000000 * units:
        raise Wrong("rate %d" % rate)
    for price, other in zip(prices, others):
        if not near(price, other * 1000000 // rate):
            raise Wrong("prices in two currencies do not fit")


def near(one, other):
    """True where two prices (10^-6 cents per kWh) are within 1 % or 0.1 cent of each other."""
    return abs(one - other) <= max(max(abs(one), abs(other)) // _PERCENT, _NEAR)


def agree(one, other):
    """True where two (seconds of a slot, prices in 10^-6 cents per kWh) of a day are the same.

    Quarters of an hour are averaged where the other one has hours.
    """
    step = max(one[0], other[0])
    for slot in range(len(one[1]) * one[0] // step):
        if not near(_mean(one, slot, step), _mean(other, slot, step)):
            return False
    return True


def _mean(found, slot, step):
    each = step // found[0]
    return sum([found[1][slot * each + k] for k in range(each)]) // each


def alone(prices):
    """Wrong where prices of a day (10^-6 cents per kWh) that nobody confirms are outside of what is believed."""
    mean = sum(prices) // len(prices)
    if min(prices) < _ALONE_LEAST or max(prices) > _ALONE_MOST or mean > _ALONE_MEAN:
        raise Wrong("prices from %d to %d that nobody confirms" % (min(prices) // 1000000, max(prices) // 1000000))


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
