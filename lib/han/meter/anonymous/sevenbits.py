"""Text with its parity in bit 7, in a capture of a 7E1 line that is read as 8N1; for `anonymise.py`."""
from ...wire.loops import odd_parity, strip_parity

# So many characters in a row, some of them with bit 7 and hardly any with a wrong parity, are no chance.
_RUN = 24
_HIGH = 4
_TEXT = b"\r\n\t\x02"


def strip(data):
    """Clear bit 7 of such text in data; [(start, end, places of what had a wrong parity)] of it."""
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
            stop = wrong.pop()  # the text may have ended in front of it
        if stop - at >= _RUN and high >= _HIGH:
            strip_parity(data, at, stop)
            runs.append((at, stop, wrong))
            at = stop
        else:
            at += 1
    return runs


def restore(data, runs):
    """Set bit 7 again, right for what is there now, and wrong where it was."""
    for start, end, wrong in runs:
        for i in range(start, end):
            if odd_parity(data, i, i + 1) ^ (i in wrong):
                data[i] ^= 0x80


def _character(byte):
    return 0x20 <= byte < 0x7F or byte in _TEXT
