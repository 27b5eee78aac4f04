"""WebSocket framing (RFC 6455) for small text messages. Every length and every wait is bounded.

microdot's own framing will not do: it takes a frame for the end of the connection when the frame's first
two bytes come apart, it answers pings from the reading task while another task writes, and it sends no pings.
"""
from binascii import b2a_base64
from hashlib import sha1

from ..core import utf8

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FAILED = 16  # not an opcode: Receiver returns it when a client breaks the rules

# Close codes, RFC 6455 clause 7.4.1.
GOING_AWAY, PROTOCOL, NOT_UTF8, TOO_BIG = 1001, 1002, 1007, 1009

#: The answer to a handshake, with the bytes of upgrade().
SWITCHING = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)


def upgrade(headers):
    """The Sec-WebSocket-Accept value, bytes, for a request's header fields (RFC 6455, 4.2.1).

    None when the fields ask for no WebSocket.
    """
    key = headers.get("sec-websocket-key", "")
    if headers.get("upgrade", "").lower() != "websocket" or len(key) != 24:
        return None
    if "upgrade" not in headers.get("connection", "").lower():
        return None
    if headers.get("sec-websocket-version") != "13":
        return None
    digest = sha1(key.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()
    return b2a_base64(digest)[:-1]


def frame(opcode, payload, end=b""):
    """One unmasked frame, bytes (clause 5.2). It has the payload and the end of it, together 65535 bytes at most."""
    length = len(payload) + len(end)
    if length < 126:
        head = bytes((0x80 | opcode, length))
    else:
        head = bytes((0x80 | opcode, 126, length >> 8, length & 0xFF))
    return b"".join((head, payload, end))


def close(code):
    """The frame that closes a connection with a code (clause 5.5.1), bytes."""
    return frame(CLOSE, bytes((code >> 8, code & 0xFF)))


class Receiver:
    """Reads a client's masked frames, and returns them message by message."""

    #: Most bytes of one message, over all of its frames.
    max_message = 1024

    def __init__(self, reader):
        self._reader = reader
        self._opcode = 0  # of the message that is not complete yet
        self._message = b""

    async def receive(self):
        """(opcode, payload) of the next message or control frame.

        (CLOSE, code) when the client closes: answer with this code. (FAILED, code) when it breaks the
        rules: nothing after that can be understood. EOFError at the end of the connection.
        """
        read = self._reader.readexactly
        while True:
            first, second = await read(2)
            opcode = first & 0x0F
            length = second & 0x7F
            if first & 0x70 or not second & 0x80:
                return FAILED, PROTOCOL  # an extension that was not agreed on, or no mask
            if opcode & 8:
                if length > 125 or not first & 0x80 or opcode > PONG:
                    return FAILED, PROTOCOL
            elif opcode > BINARY or (opcode == CONTINUATION) == (self._opcode == 0):
                return FAILED, PROTOCOL
            if length > 125:
                length = int.from_bytes(await read(2 if length == 126 else 8), "big")
            if length > self.max_message - (0 if opcode & 8 else len(self._message)):
                return FAILED, TOO_BIG
            mask = await read(4)
            payload = bytearray(await read(length)) if length else bytearray()
            for i in range(length):
                payload[i] ^= mask[i & 3]
            if opcode == CLOSE:
                code = payload[0] << 8 | payload[1] if length >= 2 else 1000
                # A code that must not be sent, or is not defined, breaks the protocol.
                fine = 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code < 5000
                if not fine or length == 1:
                    return CLOSE, PROTOCOL
                return CLOSE, NOT_UTF8 if utf8.text(payload[2:]) is None else code
            if opcode & 8:
                return opcode, bytes(payload)
            if opcode:
                self._opcode = opcode
            self._message += payload
            if first & 0x80:
                opcode, payload = self._opcode, bytes(self._message)
                self._opcode, self._message = 0, b""
                if opcode == TEXT and utf8.text(payload) is None:
                    return FAILED, NOT_UTF8
                return opcode, payload
