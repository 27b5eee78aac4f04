"""Lists that do not say what they mean: the order and the scale of their values, by maker, as data.

A list that carries OBIS codes and units needs no row here. One that lacks units takes the
scale of its maker, told from the list's first text; one that lacks codes is looked up in
`orders.py`.
"""
from .obis import LIST_VERSION


def _scale(watt, volt, ampere, watt_hour):
    """Powers of ten, + 64, of W, var, V, A, Wh, varh; volt None: told from the size of the number."""
    v = 0 if volt is None else 64 + volt
    return bytes((64 + watt, 64 + watt, v, 64 + ampere, 64 + watt_hour, 64 + watt_hour))


COMMON_SCALE = _scale(0, None, -2, 0)
KAIFA_SCALE = _scale(0, -1, -3, 0)
_KAMSTRUP = _scale(0, 0, -2, 1)
_P1 = _scale(3, 0, 0, 3)

# Scales of lists with codes but without units, by the opening of the first text.
_SCALES = ((b"KFM", KAIFA_SCALE), (b"Kamstrup", _KAMSTRUP))

COMMON = b"", COMMON_SCALE
P1 = b"", _P1
#: Names of the makers whose lists can be assumed, and how the first text of theirs opens.
MAKERS = ("common", b""), ("kaifa", b"KFM"), ("kamstrup", b"Kamstrup"), ("iskra", b"ISK")
_CODED = tuple((opening, (bytes((LIST_VERSION,)), scale)) for opening, scale in _SCALES)


def opening(name):
    """What the first text of a maker's lists opens with; None for another name: told from the list."""
    for maker, text in MAKERS:
        if maker == name:
            return text
    return None


def coded(text):
    """(order, scale) for a list with OBIS codes whose first text is `text` (or b"")."""
    for opening, profile in _CODED:
        if text.startswith(opening):
            return profile
    return COMMON


def uncoded(n, texts, text):
    """(order, scale) for a list of n values without codes, `texts` of them texts in front; None: unknown."""
    from .orders import ORDERS  # most meters send codes and do without this table

    for leading, opening, order, scale in ORDERS:
        if leading == texts and len(order) == n and text.startswith(opening):
            return order, scale
    return None
