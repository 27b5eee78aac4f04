"""Lists that do not say what they mean: the order and the scale of their values, by maker, as data.

A list that carries OBIS codes and units needs no row here. One that lacks units takes the
scale of its maker, told from the list's first text; one that lacks codes is looked up in
`orders.py`.
"""
from ..obis import LIST_VERSION
from ..reading import COMMON, scale

KAIFA_SCALE = scale(0, -1, -3, 0)
_KAMSTRUP = scale(0, 0, -2, 1)

# Scales of lists with codes but without units, by the opening of the first text.
_SCALES = ((b"KFM", KAIFA_SCALE), (b"Kamstrup", _KAMSTRUP))

#: Names of the makers whose lists can be assumed, and how the first text of theirs opens.
MAKERS = ("common", b""), ("kaifa", b"KFM"), ("kamstrup", b"Kamstrup"), ("iskra", b"ISK")
_CODED = tuple((start, (bytes((LIST_VERSION,)), powers)) for start, powers in _SCALES)


def opening(name):
    """What the first text of a maker's lists opens with; None for another name: told from the list."""
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
