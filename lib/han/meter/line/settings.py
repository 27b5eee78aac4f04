"""The settings that a line may have: speed, parity and polarity."""

# (baud, bits, parity as machine.UART has it: None, 0 even, 1 odd, stop bits), the commonest first. The configuration
# has their numbers, so new ones must be added at the end. 7E1 is read as 8N1 with the parity in bit 7, which the
# framer checks.
_SPEEDS = (
    (115200, 8, None, 1),
    (2400, 8, 0, 1),
    (2400, 8, None, 1),
    (9600, 8, None, 1),
    (19200, 8, 0, 1),
    (38400, 8, None, 1),
    (4800, 8, None, 1),
    (19200, 8, None, 1),
    (9600, 7, 0, 1),
    (115200, 7, 0, 1),
)
#: Number of settings: each of these plain and inverted. P1's own output is inverted, M-Bus and RS-485 adapters' is not.
SETTINGS = 20
#: Only the first ones are tried. The others (7E1) are read with one of these.
TRIED = 16


def setting(index):
    """(baud, bits, parity, stop bits, inverted) of a setting, 0 to 19."""
    speed = _SPEEDS[index >> 1]
    return speed + (bool(index & 1) != (speed[0] == 115200 or speed[1] == 7),)


def listening(index):
    """(baud, bits, parity, stop bits, inverted) for the UART: as setting(), but 7E1 as 8N1."""
    baud, bits, parity, stop, inverted = setting(index)
    return (baud, 8, None if bits == 7 else parity, stop, inverted)
