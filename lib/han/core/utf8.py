"""Decodes UTF-8 from outside (RFC 3629). Both interpreters must reject the same bytes.

MicroPython's own decode() checks only the form of the bytes. It accepts overlong sequences, surrogates and code points
above U+10FFFF. No other program could read a message with one of these.
"""


def text(data):
    """The text of UTF-8 bytes; None where they are not UTF-8."""
    if data and max(data) > 127 and not _valid(data):
        return None
    return bytes(data).decode()


def _valid(data):
    at = 0
    size = len(data)
    while at < size:
        lead = data[at]
        at += 1
        if lead < 0x80:
            continue
        if not 0xC2 <= lead <= 0xF4:
            return False
        # The range of the second byte; further bytes are 0x80 to 0xBF.
        low, high = 0x80, 0xBF
        if lead == 0xE0:
            low = 0xA0
        elif lead == 0xED:
            high = 0x9F
        elif lead == 0xF0:
            low = 0x90
        elif lead == 0xF4:
            high = 0x8F
        for _ in range(1 if lead < 0xE0 else 2 if lead < 0xF0 else 3):
            if at == size or not low <= data[at] <= high:
                return False
            low, high = 0x80, 0xBF
            at += 1
    return True
