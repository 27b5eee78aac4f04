"""A stand-in for MicroPython's image on the simulated board: the slots hold it until a real image is flashed."""

import functools
import hashlib
import operator
import re
import struct

from staging import ROOT, manifest

#: Chip id of the simulated board. The loaders of real chips refuse it.
CHIP = 0xFFFF
#: "built_with" in the manifest of slot(): the application is the sources.
SOURCES = "sources"
_MICROPYTHON = "1.29.0"
# ESP-IDF's description of an application, see tools/image/esp_image.py.
_DESCRIPTION_MAGIC = 0xABCD5432
_DESCRIPTION = "<II8s32s32s16s16s32s32s"


def application(version, chip=CHIP):
    """A valid application image (bytes) without code, for this version of MicroPython (text) and this chip id."""
    description = struct.pack(
        _DESCRIPTION, _DESCRIPTION_MAGIC, 0, b"", b"v" + version.encode(), b"micropython", b"", b"", b"", b"")
    data = description.ljust(256, b"\0")
    # Header: DIO at 40 MHz, 4 MB, no write protection pin; a SHA-256 follows the image.
    image = struct.pack("<BBBBIB3xH9xB", 0xE9, 1, 2, 0x20, 0x40081000, 0xEE, chip, 1)
    image += struct.pack("<II", 0x3F400020, len(data)) + data
    image += bytes(15 - len(image) % 16) + bytes([functools.reduce(operator.xor, data, 0xEF)])
    return image + hashlib.sha256(image).digest()


def slot():
    """The image (bytes) of a slot that runs the sources; its manifest is in the second sector."""
    version = re.search('__version__ = "(.*)"', (ROOT / "lib/han/__init__.py").read_text()).group(1)
    values = {"product": manifest.PRODUCT, "version": version, "min_version": "0.1.0.0", "chip": "sim",
              "flavour": "frozen", "built_with": SOURCES, "size": 3 * manifest.SECTOR}  # fmt: skip
    return application(_MICROPYTHON).ljust(manifest.SECTOR, b"\xff") + manifest.sector(values)
