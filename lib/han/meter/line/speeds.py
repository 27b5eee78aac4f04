"""Tells the speed of a line that is slower than the UART's: the UART then sees each bit of the line more than once.

So only few values of bytes are possible. At 115200 baud, a line of 38400 gives only 00, 1C, E0 and FC, whatever is
sent, with either polarity. A line of 9600 or less gives only 00, as one of its bits is as long as a whole character.
A faster line, or a line with the other polarity at the right speed, shows no such pattern.
"""

#: The speeds of meters, the fastest first.
_SPEEDS = (115200, 38400, 19200, 9600, 4800, 2400)
#: Bytes that are enough to tell the speed; and how many of eight must agree.
ENOUGH = 12
_AGREE = 7


def slower(baud, data, n):
    """The speed below `baud` at which the first n bytes of data were sent; None where they do not show it.

    Where they are all 00, the fastest possible speed.
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
    """(mask of bits that are 0, mask of bits that equal the next higher bit) of a line of `speed` read at `baud`."""
    zeros = pairs = 0
    before = None
    for bit in range(8):
        # The UART samples in the middle of its bits. Its first bit is the start bit.
        place = (2 * bit + 3) * speed // (2 * baud)
        if not place:
            zeros |= 1 << bit
        if place == before:
            pairs |= 1 << bit - 1
        before = place
    return zeros, pairs
