"""Adds days to the book, saves the book in flash, and loads it. Two copies keep it whole over a power cut."""
import struct
from array import array

from ..store.copies import Copies

# Area, currency, exchange rate, day of the rate, number of days. Then for each day: start, seconds of
# a slot, number of slots, and the prices (8 bytes each).
_HEAD = "<4s4sqIH"
_DAY = "<IHH"
_MAGIC = b"HANP"


def _short(area):
    """The name of an area in four letters: DELU is DE-LU."""
    return area.replace("-", "")


def add(book, area, currency, day, oldest):
    """Add a day (start, seconds of a slot, prices) for an area and currency, forget days before `oldest`, and save.

    OSError when the flash refuses; the book in memory has the day all the same.
    """
    days = [day]
    if book.of == (area, currency):
        days += [other for other in book.days if other[0] >= oldest and other[0] != day[0]]
    days.sort(key=lambda each: each[0])
    # Three days are enough: the exchange's day in which the local day starts, its today, and its tomorrow.
    settle(book, days[-3:])
    book.of = (area, currency)
    copies = Copies(book.region, _MAGIC)
    copies.load()  # finds out which copy is the older one
    _, rate, rate_day, _ = book.rate if book.rate and book.rate[0] == currency else (0, 0, 0, 0)
    parts = [struct.pack(_HEAD, _short(area).encode(), currency.encode(), rate, rate_day, len(book.days))]
    for start, step, prices in book.days:
        parts.append(struct.pack(_DAY, start, step, len(prices)))
        parts.append(bytes(array("q", prices)))
    copies.save(*parts)


def settle(book, days):
    """Give the book these days, in as little memory as they need, and in the lowest that is free."""
    book.days = tuple([(start, step, array(_typecode(prices), prices)) for start, step, prices in days])


def _typecode(prices):
    """Of an array that the prices fit: 32 bits are enough up to 21 kronor per kWh."""
    return "i" if -(2**31) <= min(prices) and max(prices) < 2**31 else "q"


def load(book):
    """Take the book that was saved last, if there is one. OSError when the flash cannot be read."""
    data = Copies(book.region, _MAGIC).load()
    if data is None:
        return
    area, currency, rate, rate_day, count = struct.unpack_from(_HEAD, data, 0)
    at = struct.calcsize(_HEAD)
    days = []
    for _ in range(count):
        start, step, slots = struct.unpack_from(_DAY, data, at)
        at += struct.calcsize(_DAY)
        days.append((start, step, array("q", bytes(memoryview(data)[at : at + 8 * slots]))))
        at += 8 * slots
    settle(book, days)
    area = area.rstrip(b"\0").decode()
    wanted = book.wanted[0]
    book.of = (wanted if _short(wanted) == area else area, currency.rstrip(b"\0").decode())
    if rate:
        book.rate = (book.of[1], rate, rate_day, 0)
