"""What the bytes of a line at another speed tell: who samples a slower line sees each of its bits more than once.

Such bytes are few: at 115200 a line of 38400 is 00, 1C, E0 and FC, whatever is sent, and either way up. One of
9600 or less is 00 only, as a whole character fits into one of its bits. A faster line, or one that is upside
down at the right speed, leaves no such pattern.
"""

#: Those of meters, fastest first.
_SPEEDS = (115200, 38400, 19200, 9600, 4800, 2400)
#: So many bytes are enough to tell, and so many of eight have to agree.
ENOUGH = 12
_AGREE = 7


def slower(baud, data, n):
    """The speed below `baud` at which the first n bytes of data were sent, None where they do not tell.

    Where they are zeros only it is the fastest of those that may be.
    """
    found = None
    for speed in _SPEEDS:
        if speed >= baud:
            continue
        zeros, pairs = _pattern(baud, speed)
        good = 0
        for i in range(n):
            byte = data[i]
            if not byte & zeros and not (byte ^ byte >> 1) & pairs:
                good += 1
        if good * 8 >= n * _AGREE:
            found = speed
            if zeros == 0xFF:
                break
    return found


def _pattern(baud, speed):
    """(bits of a byte that are 0, bits that are as the one above) where a line of `speed` is heard at `baud`."""
    zeros = pairs = 0
    before = None
    for bit in range(8):
        # Sampled in the middle of the receiver's bits, the first of which is the start bit.
        place = (2 * bit + 3) * speed // (2 * baud)
        if not place:
            zeros |= 1 << bit
        if place == before:
            pairs |= 1 << bit - 1
        before = place
    return zeros, pairs
