"""What only some meters say, as viper code. `more_plain.py` has the twins in ordinary Python."""
import micropython
from micropython import const

from ..obis import MORE_UNITS

_MORE = const(11)  # the first special of more()
_NUMBERS = const(35)
_NUMBER = const(1)
_TEXT = const(2)
_NEGATIVE = const(16)
_SCALE = const(64)
_NO_UNIT = const(255)
_NONE = const(-0x40000000)
_HERTZ = const(44)
_WATTS = const(27)
_AMPERES = const(33)
_LIMIT = const(252)  # units of more(): W or A; a power factor; a count
_FACTOR = const(253)
_COUNT = const(254)
_LIMIT_AT = const(21)
_ENOUGH = const(0x3333333)  # ten times this is below _TOO_MUCH
_TOO_MUCH = const(0x20000000)
_FASTEST = const(100000)  # frequency of a mains, mHz


@micropython.viper
def more(buf: ptr8, rows: ptr32, special: ptr8, how: int, numbers: ptr32):
    """Read the numbers of which only some meters send any, from the rows that fill() has found.

    numbers   result: a number each in its base unit, obis.NOT_SENT where it cannot be; then the limit in mA
    how       + 1: those that are not there stay as they are, + 2: power factors without a scaler are in hundredths

    A number without a unit may be a text: digits, with T in front of a tariff. So may be one in Hz.
    """
    units = ptr8(MORE_UNITS)
    special = ptr8(int(special) + _MORE)
    i = 0
    while i < _NUMBERS:
        row = special[i]
        unit = units[i]
        if row or not how & 1:
            numbers[i] = _NONE
            if unit == _LIMIT:
                numbers[_NUMBERS] = _NONE
        if not row:
            i += 1
            continue
        words = ptr32(int(rows) + (row - 1) * 32)
        number = 0
        digits = 0
        power = words[5] - _SCALE
        sent = words[6]
        negative = words[7] & _NEGATIVE
        if words[7] & 15 == _NUMBER:
            number = words[4] << 24 | words[3]
            if words[4] < 32:
                digits = 1
            if unit == _FACTOR and power == 0:
                # No power factor is whole.
                power = -2
                if not how & 2:
                    digits = 0
        elif words[7] & 15 == _TEXT:
            p = ptr8(int(buf) + words[1])
            at = 0
            size = words[2]
            power = 0
            sent = _NO_UNIT
            point = 0
            last = 0  # 1 behind a point
            if unit == _FACTOR and p[0] == 0x2D:
                negative = 1
                at = 1
            elif not i and p[0] == 0x54:
                at = 1
            while at < size:
                k = p[at]
                at += 1
                if k >= 0x30 and k <= 0x39 and number < _ENOUGH:
                    number = number * 10 + k - 0x30
                    digits += 1
                    power -= point
                    last = 0
                elif (k == 0x2E or k == 0x2C) and digits and not point:
                    point = 1
                    last = 1
                elif k == 0x2A and size - at > 1 and size - at < 4 and p[size - 2] == 0x48 and p[size - 1] == 0x7A:
                    sent = _HERTZ
                    if size - at == 3:
                        power += 3
                        if p[at] != 0x6B:
                            digits = 0
                    at = size
                else:
                    digits = 0
                    break
            if point and last:
                digits = 0
        if unit == _LIMIT:
            unit = _WATTS
            if sent == _AMPERES:
                unit = _AMPERES
        k = unit
        if unit > _LIMIT:
            k = _NO_UNIT
        if sent != k or unit == _COUNT and power:
            digits = 0
        k = 0
        if unit == _FACTOR or unit == _HERTZ or unit == _AMPERES:
            power += 3
        while power > 0 and number < _ENOUGH:
            number *= 10
            power -= 1
        while power < 0:
            k = number % 10
            number = number // 10
            power += 1
        if k > 4:
            number += 1
        if negative and number and unit != _FACTOR or unit == _FACTOR and number > 1000 or number >= _TOO_MUCH:
            digits = 0
        if unit == _HERTZ and number > _FASTEST:
            digits = 0
        if digits and not power:
            if negative:
                number = 0 - number
            if i == _LIMIT_AT and unit == _AMPERES:
                numbers[_NUMBERS] = number
            else:
                numbers[i] = number
        i += 1


@micropython.viper
def unchanged(buf: ptr8, rows: ptr32, special: ptr8, end: int, sizes: ptr32, log: ptr8, message: ptr8, code: ptr8,
              time: ptr8) -> int:
    """1 where the telegram says the same as the last four parameters, whose lengths are in sizes[:4]; else 0.

    end: of a P1 telegram, whose log goes on to the end of its line, and whose time of the peak is in front of it; 0 for
    others. A text that is not there is another one, but for the log, and in other telegrams than P1.
    """
    special = ptr8(int(special) + _MORE + _NUMBERS)
    end += int(buf)
    slot = 0
    while slot < 4:
        known = log
        k = slot
        if slot == 1:
            known = message
        elif slot == 2:
            known = code
        elif slot == 3:
            known = time
            k = -1
        row = special[k]
        size = sizes[slot]
        if row:
            words = ptr32(int(rows) + (row - 1) * 32)
            p = ptr8(int(buf) + words[1])
            n = words[2]
            if end == int(buf):
                if slot == 3:
                    n = 0
            elif slot == 3:
                n = 0
                if p[-2] == 0x29:
                    if p[-16] == 0x28:
                        n = 13
                    elif p[-15] == 0x28:
                        n = 12
                p = ptr8(int(p) - n - 2)
            elif slot == 0:
                n = 0
                while int(p) + n < end and p[n] != 0x0D and p[n] != 0x0A and n <= size:
                    n += 1
            if n != size:
                return 0
            while n:
                n -= 1
                if p[n] != known[n]:
                    return 0
        elif size and slot and end != int(buf):
            return 0
        slot += 1
    return 1
