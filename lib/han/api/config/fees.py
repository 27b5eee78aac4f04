"""The fees of the configuration: from a request to what is kept, and back. Imported when needed.

A client sends {"p": price} and the times of the fee, see windows.py. tariff/fees.py says how fees are kept.
"""
from . import windows
from ...core.encode import decimal
from .number import scaled

_HIGHEST = 1000000  # minor units per kWh, of either sign
#: Fees at most: a grid fee of three prices in two seasons, a tax and the seller's margin.
_MOST = 8


def kept(value):
    """The list of fees to keep for a request's value; ValueError names what is wrong, such as fees[2].hours."""
    if not isinstance(value, list) or len(value) > _MOST:
        raise ValueError('fees must be a list of %d fees at most, such as [{"p":2.5,"hours":[7,22]}]' % _MOST)
    return [_kept("fees[%d]" % at, fee) for at, fee in enumerate(value)]


def _kept(name, fee):
    if not isinstance(fee, dict):
        raise ValueError(name + ' must be an object, such as {"p":2.5}')
    price = scaled(fee.get("p"), 6)
    if type(price) is not int or abs(price) > _HIGHEST * 10**6:
        raise ValueError("%s.p must be a number from -%d to %d" % (name, _HIGHEST, _HIGHEST))
    return [price] + windows.kept(name, fee)


def told(fees):
    """Kept fees as JSON text, as a request may send them."""
    found = []
    for price, first, end, days, months in fees:
        found.append('{"p":%s%s}' % (decimal(price, 6), windows.told(first, end, days, months)))
    return "[%s]" % ",".join(found)
