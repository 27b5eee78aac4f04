"""Tables for the byte loops: two reflected 16-bit checksums, sizes of A-XDR types, reduction of GHASH."""
from array import array


def _table(polynomial):
    table = array("H", bytes(512))
    for i in range(256):
        crc = i
        for _ in range(8):
            crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
        table[i] = crc
    return table


X25 = _table(0x8408)
ARC = _table(0xA001)

# By type tag (IEC 62056-62 clause 4.1.5): low half the content's size, +16 a number, +32 a text,
# +64 with a BER length in front (then the low half is 0), 0xFF no such type or one not pushed.
SIZES = bytes((
    0, 0x40, 0x40, 1, 0x40, 0x14, 0x14, 0xFF, 0xFF, 0x60, 0x60, 0xFF, 0x60, 1, 0xFF, 0x11, 0x12,
    0x11, 0x12, 0xFF, 0x18, 0x18, 0x11, 4, 8, 0x2C, 5, 4, 1, 2, 4, 1, 2, 4,
))

# GHASH: what the 4 bits that leave a block at its end add to its first 16 bits.
REDUCE = array("H", (
    0x0000, 0x1C20, 0x3840, 0x2460, 0x7080, 0x6CA0, 0x48C0, 0x54E0,
    0xE100, 0xFD20, 0xD940, 0xC560, 0x9180, 0x8DA0, 0xA9C0, 0xB5E0,
))
