"""Profiles of push lists, as data: (order, scale) for lists without units, by manufacturer.

order: the fields of values without an OBIS code, as bytes; scale: as of reading.scale(). A list with
OBIS codes and units needs no row here. A list without units has the scale of its manufacturer, which
its first text tells. A list without codes is looked up in `orders.py`.
"""
from ..obis import LIST_VERSION
from ..reading import COMMON, scale

KAIFA_SCALE = scale(0, -1, -3, 0)
_KAMSTRUP = scale(0, 0, -2, 1)

# (Opening of the first text, scale) of lists with codes but without units.
_SCALES = ((b"KFM", KAIFA_SCALE), (b"Kamstrup", _KAMSTRUP))

#: Manufacturers that can be set for all lists: (name, opening of the first text of their lists).
MAKERS = ("common", b""), ("kaifa", b"KFM"), ("kamstrup", b"Kamstrup"), ("iskra", b"ISK")
_CODED = tuple((start, (bytes((LIST_VERSION,)), powers)) for start, powers in _SCALES)


def opening(name):
    """The opening of the first text of a manufacturer's lists; None for another name: each list tells it itself."""
    for maker, text in MAKERS:
        if maker == name:
            return text
    return None


def coded(text):
    """(order, scale) for a list with OBIS codes whose first text is `text` (or b"")."""
    for start, profile in _CODED:
        if text.startswith(start):
            return profile
    return COMMON
