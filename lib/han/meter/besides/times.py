"""Local times in texts of a P1 telegram (DSMR 5.0.2 clause 6.4, TST)."""
from ..reading import seconds

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_EARLIEST = const(-378691200)  # 2008-01-01: no older meter has such a port, an earlier time is of a clock never set
_MONTH = const(2678400)


def local(text, clock=None):
    """(s since 2020-01-01 in local time, True in summer time) of YYMMDDhhmmss with or without S or W; None each.

    clock: the meter's own. What is years ahead of it is of a clock that lost its time.
    """
    digits, season = text[:12], text[12:]
    if len(digits) < 12 or not digits.isdigit() or season not in ("", "S", "W"):
        return None, None
    year, month, day, hour, minute, second = [int(digits[i : i + 2]) for i in range(0, 12, 2)]
    when = seconds(2000 + year, month, day, hour, minute, second)
    if when is None or when < _EARLIEST or clock is not None and when > clock + _MONTH:
        return None, None
    return when, season == "S" if season else None


def ascii(raw):
    """Bytes as text; "" where they are not ASCII."""
    return "" if raw and max(raw) > 127 else bytes(raw).decode()
