"""Tables for the byte loops: CRCs, and the sizes of A-XDR types."""
from array import array


def checksums(polynomial):
    """The table of a reflected 16-bit checksum: 256 words, one for each byte."""
    table = array("H", bytes(512))
    for i in range(256):
        crc = i
        for _ in range(8):
            crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
        table[i] = crc
    return table


_OF_X25 = 0x8408
#: The table of CRC-16/X25, the checksum of HDLC and SML, from the first use of x25() on; 0 before.
X25 = 0


def x25(keep=True):
    """The table of CRC-16/X25. It is made for the first frame: a line with P1 in clear does without. keep: for good."""
    global X25
    table = X25 or checksums(_OF_X25)
    if keep:
        X25 = table
    return table



# Type tag (IEC 62056-6-2 clause 4.1.5) -> form. The low 4 bits are the size of the content in bytes,
# or 0 where a BER length is in front of it. Then added:
#     16    a number
#     32    a text
#     48    an array or structure
#     64    a BER length is in front
#     128   signed; or binary floating point, where it is not a number
# 0xFF: there is no such type, or it is a compact array.
SIZES = bytes((
    0, 0x70, 0x70, 1, 0x40, 0x94, 0x14, 0xFF, 0xFF, 0x60, 0x60, 0xFF, 0x60, 1, 0xFF, 0x91, 0x92,
    0x11, 0x12, 0xFF, 0x98, 0x18, 1, 0x84, 0x88, 0x2C, 5, 4, 1, 2, 4, 1, 2, 4,
))
