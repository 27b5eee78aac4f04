"""Packets of MQTT 3.1.1 (OASIS standard of 2014-10-29) that a client without subscriptions needs.

The code is our own, as no library fits the chip: umqtt blocks the loop, and others keep what they send in memory twice.
"""
import struct

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# First bytes: type of the packet, and flags (2.2).
_CONNECT = const(0x10)
CONNACK = const(0x20)
_PUBLISH = const(0x30)
PUBACK = const(0x40)
PINGRESP = const(0xD0)
PING = b"\xc0\0"
DISCONNECT = b"\xe0\0"
_RETAIN = const(1)
_SURE = const(2)  # QoS 1
# Flags of CONNECT (3.1.2.3).
_CLEAN, _WILL, _WILL_RETAIN, _PASSWORD, _USER = const(2), const(4), const(0x20), const(0x40), const(0x80)

#: Longest packet that is expected of a broker, without its first byte and its length.
LONGEST = const(2)


def size(number):
    """The bytes of a remaining length (2.2.3)."""
    if number < 128:
        return bytes((number,))
    return bytes((number & 0x7F | 0x80,)) + size(number >> 7)


def text(value):
    """A UTF-8 string with its length in front (1.5.3), of a str or of bytes."""
    data = value.encode() if isinstance(value, str) else value
    return struct.pack(">H", len(data)) + data


def connect(client, user, password, keepalive, will="", said=""):
    """CONNECT (3.1) with a clean session. keepalive: s; will, said: topic and payload of the retained last will.

    user, password, will: "" for none. A password without a user is not sent, as 3.1.2.9 forbids that.
    """
    flags = _CLEAN
    rest = text(client)
    if will:
        flags |= _WILL | _WILL_RETAIN
        rest += text(will) + text(said)
    if user:
        flags |= _USER
        rest += text(user)
        if password:
            flags |= _PASSWORD
            rest += text(password)
    rest = text("MQTT") + struct.pack(">BBH", 4, flags, keepalive) + rest
    return bytes((_CONNECT,)) + size(len(rest)) + rest


def publish(topic, length, retain=False, number=0):
    """PUBLISH (3.3) up to its payload of `length` bytes. number: packet identifier, for QoS 1; 0: QoS 0."""
    name = text(topic)
    if number:
        name += struct.pack(">H", number)
    first = _PUBLISH | (_RETAIN if retain else 0) | (_SURE if number else 0)
    return bytes((first,)) + size(len(name) + length) + name


def refusal(code):
    """Why a broker does not accept a connection: its return code (3.2.2.3) in words."""
    reasons = ("protocol version", "client id", "broker unavailable", "bad password", "not authorized")
    return reasons[code - 1] if code <= len(reasons) else "code %d" % code
