"""The board's names and numbers. All come from its MAC address, so they never change."""
from binascii import hexlify
from collections import namedtuple
from hashlib import sha1

# RFC 9562's name space for URLs; the name is a URN, which counts as a URL.
_NAMESPACE = b"\x6b\xa7\xb8\x11\x9d\xad\x11\xd1\x80\xb4\x00\xc0\x4f\xd4\x30\xc8"


# A class written here would keep this module in memory for ever.
Identity = namedtuple("Identity", ("mac", "serial", "name", "uuid"))


def identity(mac):
    """The Identity of a board, four texts, from its MAC address (6 bytes)."""
    digits = hexlify(mac).decode().upper()
    serial = "HAN" + digits[4:]
    mac = ":".join([digits[i : i + 2] for i in range(0, 12, 2)])
    return Identity(mac, serial, "HAN-READER-" + digits[6:], uuid5("urn:han-reader:" + serial))


def uuid5(name):
    """The UUID of version 5 of a URL, as text (RFC 9562 clause 5.5)."""
    digest = bytearray(sha1(_NAMESPACE + name.encode()).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    digits = hexlify(bytes(digest)).decode()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
