"""Text with its parity in bit 7, in a capture of a 7E1 line that is read as 8N1; for `anonymise.py`."""
from ..wire.loops import odd_parity, strip_parity

# So many characters of even parity in a row, some of them with bit 7, are no chance.
_RUN = 24
_HIGH = 4


def strip(data):
    """Clear bit 7 of such text in data; [(start, end)] of it."""
    runs = []
    at = 0
    while at < len(data):
        stop = at
        high = 0
        while stop < len(data) and _character(data[stop] & 0x7F) and not odd_parity(data, stop, stop + 1):
            high += data[stop] >> 7
            stop += 1
        if stop - at >= _RUN and high >= _HIGH:
            strip_parity(data, at, stop)
            runs.append((at, stop))
        at = stop + 1
    return runs


def restore(data, runs):
    """Set bit 7 again, right for what is there now."""
    for start, end in runs:
        for i in range(start, end):
            if odd_parity(data, i, i + 1):
                data[i] |= 0x80


def _character(byte):
    return byte >= 0x20 or byte in b"\r\n"
