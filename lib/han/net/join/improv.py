"""Improv's packets on a serial line (improv-wifi.com/serial, version 1): finds them in a console's bytes, makes them.

    "IMPROV" | version 1 | type | length | data | sum of all bytes before, modulo 256

The data of a command is its number, the length of what follows, and texts, each behind its length. The data of a
result has the same form.
"""
HEADER = b"IMPROV\x01"

#: Types of packets.
STATE, ERROR, COMMAND, RESULT = 1, 2, 3, 4
#: States.
READY, PROVISIONING, PROVISIONED = 2, 3, 4
#: Commands.
SETTINGS, CURRENT, ABOUT, NETWORKS = 1, 2, 3, 4
#: Errors.
NONE, MALFORMED, UNKNOWN, NOT_CONNECTED = 0, 1, 2, 3

_LONGEST = 255


def packet(kind, data):
    """The bytes of a packet, on a line of its own, as the console may have printed something before."""
    body = HEADER + bytes((kind, len(data))) + data
    return b"\n" + body + bytes((sum(body) & 0xFF,)) + b"\n"


def result(command, texts):
    """The packet that answers a command. From the first text that does not fit on, the texts are left out."""
    data = b""
    for text in texts:
        raw = text.encode()
        if len(data) + 1 + len(raw) > _LONGEST - 2:
            break
        data += bytes((len(raw),)) + raw
    return packet(RESULT, bytes((command, len(data))) + data)


def command(data):
    """(number, [texts as bytes]) of a command's data; None when it is malformed."""
    if len(data) < 2 or len(data) != 2 + data[1]:
        return None
    texts = []
    at = 2
    while at < len(data):
        end = at + 1 + data[at]
        if end > len(data):
            return None
        texts.append(bytes(data[at + 1 : end]))
        at = end
    return data[0], texts


class Packets:
    """Finds packets in a console's bytes, whatever is between them."""

    def __init__(self):
        self._buf = bytearray(len(HEADER) + 2 + _LONGEST)
        self._fill = 0

    def clear(self):
        """Drop a packet that has begun, as its end does not come."""
        self._fill = 0

    @property
    def begun(self):
        """True while a packet is coming in."""
        return self._fill > 0

    def feed(self, byte):
        """Take a byte. (type, data) when it ends a packet, False when that packet is damaged, None otherwise."""
        n = self._fill
        buf = self._buf
        if n < len(HEADER):
            # The header's letters are all different, so a wrong byte can only be the first of a new header.
            self._fill = n + 1 if byte == HEADER[n] else int(byte == HEADER[0])
            if self._fill:
                buf[self._fill - 1] = byte
            return None
        if n < len(HEADER) + 2 or n < len(HEADER) + 2 + buf[len(HEADER) + 1]:
            buf[n] = byte
            self._fill = n + 1
            return None
        self._fill = 0
        if sum(memoryview(buf)[:n]) & 0xFF != byte:
            return False
        return buf[len(HEADER)], bytes(memoryview(buf)[len(HEADER) + 2 : n])
