"""Converts a Reading to a dictionary with the field names of the recorded telegrams. Runs on both interpreters."""
from han.meter import obis

_EPOCH_DAYS = 18262  # 1970-01-01 to 2020-01-01


def _numbers():
    """Yields (name, field, divisor) in the order of output."""
    yield "import_power_w", obis.IMPORT_POWER, 1
    yield "export_power_w", obis.EXPORT_POWER, 1
    yield "import_reactive_var", obis.IMPORT_REACTIVE, 1
    yield "export_reactive_var", obis.EXPORT_REACTIVE, 1
    for phase in range(3):
        name = "l%d_" % (phase + 1)
        yield name + "import_power_w", obis.L1_IMPORT_POWER + phase, 1
        yield name + "export_power_w", obis.L1_EXPORT_POWER + phase, 1
        yield name + "import_reactive_var", obis.L1_IMPORT_REACTIVE + phase, 1
        yield name + "export_reactive_var", obis.L1_EXPORT_REACTIVE + phase, 1
    for phase in range(3):
        yield "l%d_voltage_v" % (phase + 1), obis.L1_VOLTAGE + phase, 10
    for phase in range(3):
        yield "l%d_current_a" % (phase + 1), obis.L1_CURRENT + phase, 1000
    yield "import_energy_wh", obis.IMPORT_ENERGY, 1
    yield "export_energy_wh", obis.EXPORT_ENERGY, 1
    yield "import_reactive_varh", obis.IMPORT_REACTIVE_ENERGY, 1
    yield "export_reactive_varh", obis.EXPORT_REACTIVE_ENERGY, 1
    for tariff in range(obis.TARIFFS):
        yield "import_energy_t%d_wh" % (tariff + 1), obis.IMPORT_ENERGY_T1 + tariff, 1
        yield "export_energy_t%d_wh" % (tariff + 1), obis.EXPORT_ENERGY_T1 + tariff, 1
    for tariff in range(2):
        yield "import_reactive_t%d_varh" % (tariff + 1), obis.IMPORT_REACTIVE_ENERGY_T1 + tariff, 1
        yield "export_reactive_t%d_varh" % (tariff + 1), obis.EXPORT_REACTIVE_ENERGY_T1 + tariff, 1


#: (name, field of han.meter.obis, divisor from its base unit) of all numbers, in the order of output.
NUMBERS = tuple(_numbers())


def iso(seconds):
    """Seconds since 2020-01-01 as YYYY-MM-DDThh:mm:ss."""
    days, rest = divmod(seconds, 86400)
    # Days to year, month and day by counting 400-year cycles from 1 March of year 0.
    shifted = days + _EPOCH_DAYS + 719468
    era, day = divmod(shifted, 146097)
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month += 3 if month < 10 else -9
    year += 400 * era + (month < 3)
    return "%04d-%02d-%02dT%02d:%02d:%02d" % (year, month, day, rest // 3600, rest // 60 % 60, rest % 60)


def _ascii_id(text):
    """The readable form of a P1 equipment number, which is sent as hex digits; None if it has none."""
    try:
        plain = bytes.fromhex(text)
    except ValueError:
        return None
    readable = len(plain) > 1 and all(48 <= b <= 57 or 65 <= b <= 90 or 97 <= b <= 122 for b in plain)
    return plain.decode() if readable else None


def fields(reading):
    """{name: value} of the values that are present in a Reading."""
    out = {}
    clock, deviation, dst = reading.time()
    if clock is not None:
        out["ts"] = iso(clock)
        if dst is not None:
            out["ts_dst"] = dst
        if deviation is not None:
            out["ts_deviation_min"] = deviation
    names = ("meter_id", "meter_type", "manufacturer", "list_version", "p1_ident")
    for slot, name in enumerate(names):
        text = reading.text(slot)
        if text is not None:
            out[name] = text
    if "p1_ident" in out and "meter_id" in out:
        plain = _ascii_id(out["meter_id"])
        if plain:
            out["meter_id_ascii"] = plain
    for name, field, divisor in NUMBERS:
        number = reading.get(field)
        if number is not None:
            out[name] = number // divisor if number % divisor == 0 else number / divisor
    return out
