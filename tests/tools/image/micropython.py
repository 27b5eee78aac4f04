"""Images as MicroPython publishes them, made of nothing: sound to the last byte, and as small as a test likes."""

import hashlib
import struct

from esptool.loader import ESPLoader

from tools.image import partitions

#: Offset of the bootloader in flash, by chip id.
BOOTLOADER = {0: 0x1000, 2: 0x1000, 5: 0, 9: 0, 13: 0}
_PLAIN = """nvs, data, nvs, 0x9000, 0x6000
phy_init, data, phy, 0xf000, 0x1000
factory, app, factory, 0x10000, 0x1f0000
vfs, data, fat, 0x200000, 0x200000"""
_OTA = """nvs, data, nvs, 0x9000, 0x4000
otadata, data, ota, 0xd000, 0x2000
phy_init, data, phy, 0xf000, 0x1000
ota_0, app, ota_0, 0x10000, 0x180000
ota_1, app, ota_1, 0x190000, 0x180000
vfs, data, fat, 0x310000, 0xf0000"""


def image(segments, chip=0, digest=1, size=2):
    """An ESP image of segments [(address, bytes)]. size: of flash in the header, 2 = 4 MB."""
    head = struct.pack("<BBBBIB3xH9xB", 0xE9, len(segments), 2, size << 4, 0x40081234, 0xEE, chip, digest)
    body = b"".join(struct.pack("<II", address, len(data)) + data for address, data in segments)
    checksum = ESPLoader.checksum(b"".join(data for _, data in segments))
    whole = head + body
    whole += bytes(15 - len(whole) % 16) + bytes([checksum])
    return whole + hashlib.sha256(whole).digest() if digest else whole


def application(size=60000, chip=0, version=b"v1.27.0", extra=b"esp_psram\0", magic=0xABCD5432):
    """MicroPython's .app-bin of about `size` bytes in four segments; it can use PSRAM, unless `extra` is another."""
    description = struct.pack(
        "<II8s32s32s16s16s32s32s80x", magic, 0, b"", version, b"micropython", b"12:00:00", b"Dec  9 2025", b"v5.5.1",
        bytes(range(32)))  # fmt: skip
    filler = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(size // 64))
    half = len(filler) // 2 // 4 * 4
    return image([
        (0x3F400020, description + extra + bytes(-len(extra) % 4)),
        (0x3FFBDB60, bytes(1234 * 4)),
        (0x400D0020, filler[:half]),
        (0x40080000, filler[half:] + bytes(size - 256 - 4936 - len(filler) & ~3)),
    ], chip)  # fmt: skip


def frozen(size=60000, chip=0, version="1.2.3.4"):
    """The .app-bin of a build with the reader in it, as firmware/boards makes it."""
    return application(size, chip, b"han-reader " + version.encode(), b"MicroPython v1.28.0 on 2026-04-06\0")


def bootloader(chip=0, size=2):
    """A second-stage bootloader with its description (magic byte 0x50)."""
    return image([(0x3FFF0030, b"\x50" + bytes(79)), (0x40078000, b"\x12\x34" * 5000)], chip, size=size)


def combined(app, chip=0, ota=True, size=2):
    """The published .bin: what lies in flash from the bootloader on."""
    found = partitions.read_csv(_OTA if ota else _PLAIN, "test")
    base = BOOTLOADER[chip]
    data = bootloader(chip, size).ljust(0x8000 - base, b"\xff") + partitions.table(found)
    return data.ljust(0x10000 - base, b"\xff") + app
