"""What a register of a telegram is, and its parts as text: codes, units, numbers, octets, times.

No float is made: numbers stay what was sent, digit by digit.
"""
from ..reading import seconds

#: COSEM units (IEC 62056-6-2 table 4) from 1 on; "" for those that are not assigned, 255 is none.
_UNITS = (
    "a", "mo", "wk", "d", "h", "min", "s", "°", "°C", "", "m", "m/s", "m3", "m3", "m3/h", "m3/h", "m3/d",
    "m3/d", "l", "kg", "N", "Nm", "Pa", "bar", "J", "J/h", "W", "VA", "var", "Wh", "VAh", "varh", "A", "C", "V",
    "V/m", "F", "Ω", "Ωm", "Wb", "T", "A/m", "H", "Hz", "1/Wh", "1/varh", "1/VAh", "V2h", "A2h", "kg/s", "S",
    "K", "1/V2h", "1/A2h", "1/m3", "%", "Ah", "", "", "Wh/m3", "J/m3", "mol%", "g/m3", "Pa s", "J/kg", "g/cm2",
    "atm", "", "", "dBm", "dBµV", "dB",
)  # fmt: skip
_NONE = 255
_NOT_SAID = 0x8000
_FARTHEST = 900  # minutes from UTC


class Register:
    """One register; what the telegram does not say of it is None."""

    obis = None  # code as text, "1-0:1.8.1"; the last number only where it is not 255
    value = None  # text, exact
    unit = None
    time = None  # its time stamp as text: of P1 as it was sent, else ISO 8601
    # The same for a Zone: (s since 2020 on the meter's clock, minutes from there to UTC or None, summer or None).
    local = None
    utc = None  # or in UTC, s since 2020
    stored = None  # when the meter stored an entry of a log, where it has two times
    log = None  # code of the log that it is an entry of
    text = None  # what the hex digits of a value say
    status = None
    attribute = None  # the attribute of the object, where it is not the value
    assumed = False  # the code is not in the telegram: it is that of such lists

    def stamp(self, time, local):
        """Let it have a time stamp: text, and as `local`."""
        self.time = time
        self.local = local


def code(raw):
    """The OBIS code of 6 bytes, as text."""
    text = "%d-%d:%d.%d.%d" % (raw[0], raw[1], raw[2], raw[3], raw[4])
    return text if raw[5] == 255 else "%s*%d" % (text, raw[5])


def unit(number):
    """The symbol of a COSEM unit; None for 255, which is none, and for 0."""
    if not number or number == _NONE:
        return None
    return 0 < number <= len(_UNITS) and _UNITS[number - 1] or "unit %d" % number


def integer(raw, signed):
    """The integer in bytes, most significant first."""
    number = 0
    for byte in raw:
        number = number << 8 | byte
    return number - (1 << 8 * len(raw)) if signed and raw and raw[0] & 0x80 else number


def scaled(number, ten):
    """An integer times 10**ten as text, with as many decimals as ten says."""
    digits = str(abs(number))
    if ten < 0:
        if len(digits) <= -ten:
            digits = "0" * (1 - ten - len(digits)) + digits
        digits = digits[:ten] + "." + digits[ten:]
    elif number:
        digits += "0" * ten
    return "-" + digits if number < 0 else digits


def floating(raw, ten):
    """Binary floating point of 4 or 8 bytes times 10**ten as text: all its digits, of which there may be many."""
    from ..lists.floats import parts

    found = parts(raw, 0, len(raw))
    if not found:
        fraction = raw[1] & (0x7F if len(raw) == 4 else 0x0F) or any(raw[2:])
        return "NaN" if fraction else "-Infinity" if raw[0] & 0x80 else "Infinity"
    negative, number, two = found
    if two < 0:
        number *= 5**-two
        ten += two
    else:
        number <<= two
    text = scaled(-number if negative else number, ten)
    return text.rstrip("0").rstrip(".") if ten < 0 else text


def octets(raw):
    """An octet string as text: a date and time, else its characters without padding, else hex digits."""
    end = len(raw)
    while end and raw[end - 1] in b"\0 ":
        end -= 1
    for byte in raw[:end]:
        if not 0x20 <= byte < 0x7F:
            found = date_time(raw) if len(raw) == 12 else None
            return found[0] if found else hexadecimal(raw)
    return raw[:end].decode()


def hexadecimal(raw):
    return "".join(["%02X" % byte for byte in raw])


def date_time(raw):
    """(ISO 8601 text, the same as `Register.local`) of 12 bytes (IEC 62056-6-2 clause 4.1.6.1); None: no such time."""
    year = raw[0] << 8 | raw[1]
    local = seconds(year, raw[2], raw[3], raw[5], raw[6], raw[7])
    if local is None or not (raw[4] < 8 or raw[4] == 0xFF) or not (raw[8] < 100 or raw[8] == 0xFF):
        return None
    text = "%04d-%02d-%02dT%02d:%02d:%02d" % (year, raw[2], raw[3], raw[5], raw[6], raw[7])
    if 0 < raw[8] < 100:
        text += ".%02d" % raw[8]
    deviation = raw[9] << 8 | raw[10]
    if deviation == _NOT_SAID:
        deviation = None
    else:
        deviation -= deviation >> 15 << 16
        if abs(deviation) > _FARTHEST:
            return None
        text += "%s%02d:%02d" % ("-" if deviation > 0 else "+", abs(deviation) // 60, abs(deviation) % 60)
    return text, (local, deviation, None if raw[11] == 0xFF else raw[11] & 0x80 != 0)
