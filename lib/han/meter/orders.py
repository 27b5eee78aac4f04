"""Lists without OBIS codes: what their values mean, by the shape of the list.

A list is recognised by how many values it has, how many texts stand in front, and how the
first text opens. Adding such a meter is one row here.
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
from .profiles import KAIFA_SCALE
from .reading import COMMON_SCALE

_POWERS = (IMPORT_POWER, EXPORT_POWER, IMPORT_REACTIVE, EXPORT_REACTIVE)
_ENERGIES = (IMPORT_ENERGY, EXPORT_ENERGY, IMPORT_REACTIVE_ENERGY, EXPORT_REACTIVE_ENERGY)
_U3 = (L1_VOLTAGE, L1_VOLTAGE + 1, L1_VOLTAGE + 2)
_I3 = (L1_CURRENT, L1_CURRENT + 1, L1_CURRENT + 2)
_P3 = (L1_IMPORT_POWER, L1_IMPORT_POWER + 1, L1_IMPORT_POWER + 2)
_E3 = (L1_EXPORT_POWER, L1_EXPORT_POWER + 1, L1_EXPORT_POWER + 2)
_KAIFA_HEAD = (LIST_VERSION, ID, TYPE) + _POWERS
_ISKRA_HEAD = (DEVICE_NAME, NOTHING) + _POWERS

# (texts in front, opening of the first text, order of all values, scale)
ORDERS = tuple((texts, opening, bytes(order), scale) for texts, opening, order, scale in (
    # Norway and Sweden: the meter's power alone, each 2 to 10 seconds
    (0, b"", (IMPORT_POWER,), KAIFA_SCALE),
    # Kaifa MA105, MA304 (NVE's lists 2 and 3, one and three phases)
    (3, b"KFM", _KAIFA_HEAD + (L1_CURRENT, L1_VOLTAGE), KAIFA_SCALE),
    (3, b"KFM", _KAIFA_HEAD + _I3 + _U3, KAIFA_SCALE),
    (3, b"KFM", _KAIFA_HEAD + (L1_CURRENT, L1_VOLTAGE, CLOCK) + _ENERGIES, KAIFA_SCALE),
    (3, b"KFM", _KAIFA_HEAD + _I3 + _U3 + (CLOCK,) + _ENERGIES, KAIFA_SCALE),
    # Iskraemeco AM550 in Slovenia: 5 s list, 15 min list, and the lists of one-phase meters
    (2, b"ISK", _ISKRA_HEAD + _U3 + _I3 + _P3 + _E3, COMMON_SCALE),
    (2, b"ISK", (DEVICE_NAME, NOTHING, NOTHING, NOTHING, IMPORT_ENERGY, IMPORT_ENERGY_T1,
                 IMPORT_ENERGY_T1 + 1, EXPORT_ENERGY, EXPORT_ENERGY_T1, EXPORT_ENERGY_T1 + 1,
                 IMPORT_REACTIVE_ENERGY, EXPORT_REACTIVE_ENERGY), COMMON_SCALE),
    (2, b"ISK", _ISKRA_HEAD + (L1_VOLTAGE, NOTHING, NOTHING), COMMON_SCALE),
    (2, b"ISK", _ISKRA_HEAD + (L1_VOLTAGE, L1_CURRENT, L1_IMPORT_POWER, L1_EXPORT_POWER), COMMON_SCALE),
    # Landis+Gyr E450 in Burgenland
    (0, b"", _U3 + _I3 + (IMPORT_POWER, EXPORT_POWER, IMPORT_ENERGY, EXPORT_ENERGY,
                          NOTHING, NOTHING, NOTHING, ID), COMMON_SCALE),
))
