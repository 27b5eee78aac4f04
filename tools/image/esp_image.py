"""Finds ESP-IDF's application and bootloader images in a file, and checks them completely.

An image is a header (24 bytes), segments (each with 8 bytes of header), a checksum byte at the end of a block of 16
bytes, and the SHA-256 of everything before. An application has its description at the start of its first segment.
"""

import re
import struct

from esptool import bin_image, targets

from staging import ImageError
from tools.image import partitions

_MAGIC = 0xE9
_HEADER = 24
_SEGMENT = 8
_MOST_SEGMENTS = 16
_DIGEST = 32
_HAS_DIGEST = 23  # in the header
_DESCRIPTION = _HEADER + _SEGMENT
_DESCRIPTION_MAGIC = 0xABCD5432
_DESCRIPTION_FORMAT = "<II8s32s32s16s16s32s32s"
# The version in the REPL's banner. A build from sources without git history has the version only there.
_BANNER = re.compile(rb"MicroPython v(\d+\.\d+(?:\.\d+)?)")
_VERSION = re.compile(r"v?(\d+\.\d+(?:\.\d+)?)")
# The name under which ESP-IDF's PSRAM driver logs. An image without it cannot use PSRAM.
_PSRAM = re.compile(rb"(esp|quad|octal)_psram\0")
# The version of a frozen reader, which firmware/boards puts into the description instead.
_RELEASE = re.compile(r"han-reader (\d+\.\d+\.\d+\.\d+)")

#: {chip id of an image: esptool's class of the chip} of the chips that the reader runs on.
CHIPS = {rom.IMAGE_CHIP_ID: rom for rom in (
    targets.ESP32ROM, targets.ESP32S2ROM, targets.ESP32C3ROM, targets.ESP32S3ROM, targets.ESP32C6ROM)}  # fmt: skip


class Application:
    """A complete and valid application image of MicroPython.

    data      its bytes, to the end of its SHA-256
    rom       esptool's class of the chip
    version   of MicroPython, such as "1.27.0"; None if unknown
    release   version of the reader that is frozen into it, such as "1.2.3.4"; None if there is none
    """

    def __init__(self, data, rom, version, release):
        self.data = data
        self.rom = rom
        self.version = version
        self.release = release

    @property
    def psram(self):
        """True if it can use PSRAM."""
        return bool(_PSRAM.search(self.data))

    @property
    def chip(self):
        """The chip's name as in a manifest, such as "ESP32" or "ESP32-S3"."""
        return self.rom.CHIP_NAME


def take_apart(data, name="the file"):
    """(Application, bytes of the bootloader) of a published .bin, (Application, None) of an .app-bin.

    ImageError if it is neither, or damaged. name: of the file, for messages.
    """
    rom, length = _checked(data, 0, name)
    if _is_application(data):
        return _application(data[:length], rom, name), None
    # A .bin: the contents of flash from the bootloader on.
    table_at = partitions.OFFSET - rom.BOOTLOADER_FLASH_OFFSET
    if length > table_at:
        raise ImageError("%s: neither an application nor a bootloader of MicroPython" % name)
    table = data[table_at : table_at + partitions.SIZE]
    if len(table) < partitions.SIZE:
        raise ImageError("%s: truncated, it ends before its partition table" % name)
    first = [part for part in partitions.parse(table, name) if part.is_app]
    if not first:
        raise ImageError("%s: no application in its partition table" % name)
    at = min(part.offset for part in first) - rom.BOOTLOADER_FLASH_OFFSET
    if at >= len(data):
        raise ImageError("%s: truncated, it ends before its application" % name)
    app_rom, app_length = _checked(data, at, name)
    if app_rom is not rom:
        raise ImageError("%s: bootloader for %s, application for %s" % (name, rom.CHIP_NAME, app_rom.CHIP_NAME))
    return _application(data[at : at + app_length], rom, name), data[:length]


def bootloader(data, name, rom):
    """The bytes of the bootloader at the start of a file; ImageError if there is none for the chip `rom`."""
    found, length = _checked(data, 0, name)
    if _is_application(data):
        raise ImageError("%s: an application, no bootloader" % name)
    if found is not rom:
        raise ImageError("%s: bootloader for %s, application for %s" % (name, found.CHIP_NAME, rom.CHIP_NAME))
    if length > partitions.OFFSET - rom.BOOTLOADER_FLASH_OFFSET:
        raise ImageError("%s: too long for a bootloader" % name)
    return data[:length]


def end(data, offset=0, name="the file"):
    """End of the image that begins at an offset, with its SHA-256; ImageError if it is no image, or truncated."""
    if len(data) - offset < _HEADER:
        raise ImageError("%s: truncated, %d bytes are no image" % (name, len(data) - offset))
    if data[offset] != _MAGIC:
        raise ImageError("%s: no image of an ESP32: 0x%02x at 0x%x, not 0xe9" % (name, data[offset], offset))
    segments = data[offset + 1]
    if not 1 <= segments <= _MOST_SEGMENTS:
        raise ImageError("%s: %d segments, not 1 to %d" % (name, segments, _MOST_SEGMENTS))
    at = offset + _HEADER
    for number in range(segments):
        if at + _SEGMENT > len(data):
            raise ImageError("%s: truncated, it ends before segment %d of %d" % (name, number + 1, segments))
        at += _SEGMENT + struct.unpack_from("<I", data, at + 4)[0]
    at = offset + (at - offset) // 16 * 16 + 16  # the checksum is the last byte of its block
    if data[offset + _HAS_DIGEST] != 1:
        raise ImageError("%s: an image without its SHA-256" % name)
    at += _DIGEST
    if at > len(data):
        raise ImageError("%s: truncated, %d bytes of an image are missing" % (name, at - len(data)))
    return at


def _checked(data, offset, name):
    """(esptool's class of the chip, length) of a valid image at an offset; ImageError if there is none."""
    length = end(data, offset, name) - offset
    chip = struct.unpack_from("<H", data, offset + 12)[0]
    if chip not in CHIPS:
        known = ", ".join("%s (%d)" % (rom.CHIP_NAME, number) for number, rom in sorted(CHIPS.items()))
        raise ImageError("%s: for the chip with id %d, not for one of %s" % (name, chip, known))
    rom = CHIPS[chip]
    image = bin_image.LoadFirmwareImage(rom.CHIP_NAME, data[offset : offset + length])
    if image.checksum != image.calculate_checksum():
        raise ImageError("%s: wrong checksum of the image at 0x%x: damaged" % (name, offset))
    if image.stored_digest != image.calc_digest:
        raise ImageError("%s: wrong SHA-256 of the image at 0x%x: damaged" % (name, offset))
    return rom, length


def _is_application(data):
    return data[_DESCRIPTION : _DESCRIPTION + 4] == struct.pack("<I", _DESCRIPTION_MAGIC)


def _application(data, rom, name):
    if not _is_application(data):
        raise ImageError("%s: no description of the application (0x%08x)" % (name, _DESCRIPTION_MAGIC))
    fields = struct.unpack_from(_DESCRIPTION_FORMAT, data, _DESCRIPTION)
    said = fields[3].split(b"\0")[0].decode("ascii", "replace")
    found = _VERSION.match(said)
    banner = _BANNER.search(data)
    version = found.group(1) if found else banner.group(1).decode() if banner else None
    release = _RELEASE.fullmatch(said)
    return Application(data, rom, version, release and release.group(1))
