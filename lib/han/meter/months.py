"""The highest demand of each month before this one, as a P1 port tells it (eMUCS-P1 1.7.1 clause 5.2.3).

    0-0:98.1.0(2)(1-0:1.6.0)(1-0:1.6.0)(end of the month)(time)(03.695*kW)(end of the month)(time)(05.980*kW)

Imported when somebody asks for them.
"""
from .submeters.sub import ascii, local

_HEAD = 3  # number of groups in front of the months
_CODE = "1-0:1.6.0"
_PLACES = 3


class Month:
    """Times are s since 2020-01-01 in the meter's local time, with True for summer time, False for winter time.

    end     (time, dst) of the end of the month
    peak    (time, dst) of the peak; (None, None) where that is no time
    watt    mean power of the interval, W
    """

    def __init__(self, end, peak, watt):
        self.end = end
        self.peak = peak
        self.watt = watt


def months(sent):
    """The list of Month in the bytes of `Extra.peaks`, the newest first, without any that is damaged or contradicts."""
    groups = ascii(sent).split(")(")
    if len(groups) < _HEAD or groups[1] != _CODE or groups[2] != _CODE or groups[-1][-1:] != ")":
        return []
    groups[-1] = groups[-1][:-1]
    found = {}
    for at in range(_HEAD, len(groups) - 2, 3):
        end = local(groups[at])
        watt = _watt(groups[at + 2])
        if end[0] is not None and watt is not None:
            # Two different ones for a month: neither can be trusted.
            other = found.get(end[0])
            same = end[0] not in found or other and other.watt == watt
            found[end[0]] = Month(end, local(groups[at + 1]), watt) if same else None
    return [found[end] for end in sorted(found, reverse=True) if found[end]]


def _watt(text):
    """W of a text in kW or W; None where it is something else."""
    number, _, unit = text.partition("*")
    whole, point, fraction = number.partition(".")
    if not (whole + fraction).isdigit() or not whole or (point and not fraction) or len(number) > 12:
        return None
    if unit == "W" and not point:
        return int(whole)
    if unit != "kW" or len(fraction) > _PLACES:
        return None
    return int(whole + fraction + "0" * (_PLACES - len(fraction)))
