"""What a framer counts. Its user may count more: see `meter/link.py`."""


class Counters:
    """Counts what happened on the line. Numbers only grow."""

    bytes = 0
    frames = 0  # good telegrams
    checksum_errors = 0
    truncated = 0
    overrun = 0  # longer than any telegram
    parity = 0  # telegrams of a 7E1 line with a wrong parity, and the first one with a CRC, which shows such a line
