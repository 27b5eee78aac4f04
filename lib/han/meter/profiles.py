"""Lists that do not say what they mean: the order and the scale of their values, by maker, as data.

A list that carries OBIS codes and units needs no row here. One that lacks units takes the
scale of its maker, told from the list's first text; one that lacks codes is recognised by
its shape: how many values, how many texts in front, and that first text.
"""
from .obis import (
    CLOCK,
    DEVICE_NAME,
    EXPORT_ENERGY,
    EXPORT_ENERGY_T1,
    EXPORT_POWER,
    EXPORT_REACTIVE,
    EXPORT_REACTIVE_ENERGY,
    ID,
    IMPORT_ENERGY,
    IMPORT_ENERGY_T1,
    IMPORT_POWER,
    IMPORT_REACTIVE,
    IMPORT_REACTIVE_ENERGY,
    L1_CURRENT,
    L1_EXPORT_POWER,
    L1_IMPORT_POWER,
    L1_VOLTAGE,
    LIST_VERSION,
    NOTHING,
    TYPE,
)


def _scale(watt, volt, ampere, watt_hour):
    """Powers of ten, + 64, of W, var, V, A, Wh, varh; volt None: told from the size of the number."""
    v = 0 if volt is None else 64 + volt
    return bytes((64 + watt, 64 + watt, v, 64 + ampere, 64 + watt_hour, 64 + watt_hour))


_COMMON = _scale(0, None, -2, 0)
_KAIFA = _scale(0, -1, -3, 0)
_KAMSTRUP = _scale(0, 0, -2, 1)
_P1 = _scale(3, 0, 0, 3)

_POWERS = (IMPORT_POWER, EXPORT_POWER, IMPORT_REACTIVE, EXPORT_REACTIVE)
_ENERGIES = (IMPORT_ENERGY, EXPORT_ENERGY, IMPORT_REACTIVE_ENERGY, EXPORT_REACTIVE_ENERGY)
_U3 = (L1_VOLTAGE, L1_VOLTAGE + 1, L1_VOLTAGE + 2)
_I3 = (L1_CURRENT, L1_CURRENT + 1, L1_CURRENT + 2)
_P3 = (L1_IMPORT_POWER, L1_IMPORT_POWER + 1, L1_IMPORT_POWER + 2)
_E3 = (L1_EXPORT_POWER, L1_EXPORT_POWER + 1, L1_EXPORT_POWER + 2)
_KAIFA_HEAD = (LIST_VERSION, ID, TYPE) + _POWERS
_ISKRA_HEAD = (DEVICE_NAME, NOTHING) + _POWERS

# (texts in front, opening of the first text, order of all values, scale)
_ORDERS = tuple((texts, opening, bytes(order), scale) for texts, opening, order, scale in (
    # Norway and Sweden: the meter's power alone, each 2 to 10 seconds
    (0, b"", (IMPORT_POWER,), _KAIFA),
    # Kaifa MA105, MA304 (NVE's lists 2 and 3, one and three phases)
    (3, b"KFM", _KAIFA_HEAD + (L1_CURRENT, L1_VOLTAGE), _KAIFA),
    (3, b"KFM", _KAIFA_HEAD + _I3 + _U3, _KAIFA),
    (3, b"KFM", _KAIFA_HEAD + (L1_CURRENT, L1_VOLTAGE, CLOCK) + _ENERGIES, _KAIFA),
    (3, b"KFM", _KAIFA_HEAD + _I3 + _U3 + (CLOCK,) + _ENERGIES, _KAIFA),
    # Iskraemeco AM550 in Slovenia: 5 s list, 15 min list, and the lists of one-phase meters
    (2, b"ISK", _ISKRA_HEAD + _U3 + _I3 + _P3 + _E3, _COMMON),
    (2, b"ISK", (DEVICE_NAME, NOTHING, NOTHING, NOTHING, IMPORT_ENERGY, IMPORT_ENERGY_T1,
                 IMPORT_ENERGY_T1 + 1, EXPORT_ENERGY, EXPORT_ENERGY_T1, EXPORT_ENERGY_T1 + 1,
                 IMPORT_REACTIVE_ENERGY, EXPORT_REACTIVE_ENERGY), _COMMON),
    (2, b"ISK", _ISKRA_HEAD + (L1_VOLTAGE, NOTHING, NOTHING), _COMMON),
    (2, b"ISK", _ISKRA_HEAD + (L1_VOLTAGE, L1_CURRENT, L1_IMPORT_POWER, L1_EXPORT_POWER), _COMMON),
    # Landis+Gyr E450 in Burgenland
    (0, b"", _U3 + _I3 + (IMPORT_POWER, EXPORT_POWER, IMPORT_ENERGY, EXPORT_ENERGY,
                          NOTHING, NOTHING, NOTHING, ID), _COMMON),
))

# Scales of lists with codes but without units, by the opening of the first text.
_SCALES = ((b"KFM", _KAIFA), (b"Kamstrup", _KAMSTRUP))

COMMON = b"", _COMMON
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
    for leading, opening, order, scale in _ORDERS:
        if leading == texts and len(order) == n and text.startswith(opening):
            return order, scale
    return None
