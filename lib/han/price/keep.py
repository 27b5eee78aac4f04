"""Puts days into the book, and the book into flash and back: in two copies, so whole after any cut."""
import struct
from array import array

from ..store.copies import Copies

# Area, currency, its rate and the day that is of, number of days; then for each day: start, seconds
# a slot, slots, and the prices.
_HEAD = "<4s4sqIH"
_DAY = "<IHH"
_MAGIC = b"HANP"


def add(book, area, currency, day, oldest):
    """Take (start, seconds a slot, prices) for an area and currency, forgetting days before oldest.

    OSError when the flash refuses; the book has the day all the same.
    """
    days = [day]
    if book.of == (area, currency):
        days += [other for other in book.days if other[0] >= oldest and other[0] != day[0]]
    days.sort(key=lambda each: each[0])
    # Three days are all there is to know: the one that local today starts in, today, tomorrow.
    book.days = tuple(days[-3:])
    book.of = (area, currency)
    copies = Copies(book.region, _MAGIC)
    copies.load()  # which of the two is the older
    _, rate, rate_day, _ = book.rate if book.rate and book.rate[0] == currency else (0, 0, 0, 0)
    parts = [struct.pack(_HEAD, area.encode(), currency.encode(), rate, rate_day, len(book.days))]
    for start, step, prices in book.days:
        parts.append(struct.pack(_DAY, start, step, len(prices)))
        parts.append(bytes(prices))
    copies.save(*parts)


def load(book):
    """Take what was saved last, if anything was. OSError when the flash cannot be read."""
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
    book.days = tuple(days)
    book.of = (area.rstrip(b"\0").decode(), currency.rstrip(b"\0").decode())
    if rate:
        book.rate = (book.of[1], rate, rate_day, 0)
