"""Handles text with its parity in bit 7, in captures of 7E1 lines that were read as 8N1; for `anonymise.py`."""
from ...wire.loops import odd_parity, strip_parity

# A run of such text: at least so many characters, so many of them with bit 7, and hardly any with a wrong parity.
_RUN = 24
_HIGH = 4
_TEXT = b"\r\n\t\x02"


def strip(data):
    """Clear bit 7 in runs of such text. Returns [(start, end, indexes of bytes with a wrong parity)] of the runs."""
    runs = []
    at = 0
    while at < len(data):
        stop = at
        high = 0
        wrong = []
        while stop < len(data):
            if odd_parity(data, stop, stop + 1):
                wrong.append(stop)
                if 8 * len(wrong) > stop - at:
                    break
            elif not _character(data[stop] & 0x7F):
                break
            high += data[stop] >> 7
            stop += 1
        while wrong and wrong[-1] >= stop - 8:
            stop = wrong.pop()  # wrong parity near the end: the text may end before it
        if stop - at >= _RUN and high >= _HIGH:
            strip_parity(data, at, stop)
            runs.append((at, stop, wrong))
            at = stop
        else:
            at += 1
    return runs


def restore(data, runs):
    """Set bit 7 again in the runs of strip(): as parity of the present bytes, and wrong where it was wrong."""
    for start, end, wrong in runs:
        for i in range(start, end):
            if odd_parity(data, i, i + 1) ^ (i in wrong):
                data[i] ^= 0x80


def _character(byte):
    return 0x20 <= byte < 0x7F or byte in _TEXT
