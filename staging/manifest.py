"""The manifest in a slot's image, one sector that tells what the image is; and what an update server says of it."""

import binascii
import hashlib
import json
import re
import struct

from staging import ImageError

SECTOR = 4096
PRODUCT = "han-reader"
#: What an update server has, each in a folder of its own.
CHANNELS = ("release", "beta")
_MAGIC = b"HANM"
_FORMAT = 1
_HEADER = "<4sHHI"
_LENGTH = struct.calcsize(_HEADER)
_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){3}")


def version(text):
    """(major, minor, patch, build) of a version; ImageError."""
    if not _VERSION.fullmatch(text):
        raise ImageError("the version %s is not major.minor.patch.build" % text)
    return tuple(map(int, text.split(".")))


def sector(values):
    """The sector with the values, a dict."""
    text = json.dumps(values, separators=(",", ":"), sort_keys=True).encode()
    if len(text) > SECTOR - _LENGTH:
        raise ImageError("a manifest of %d bytes" % len(text))
    return (struct.pack(_HEADER, _MAGIC, _FORMAT, len(text), binascii.crc32(text)) + text).ljust(SECTOR, b"\xff")


def parse(data):
    """The values of a sector, None where it is no manifest or a damaged one."""
    if len(data) < _LENGTH:
        return None
    magic, form, length, crc = struct.unpack_from(_HEADER, data)
    text = data[_LENGTH : _LENGTH + length]
    if magic != _MAGIC or form != _FORMAT or len(text) < length or binascii.crc32(text) != crc:
        return None
    return json.loads(text)


def for_server(values, image, url, notes="", critical=False, forced=False):
    """What an update server says of a signed image: the JSON text of <channel>/manifest.json.

    values   those of the image's own manifest
    url      where the image is, best relative to the manifest
    """
    told = {
        "version": values["version"],
        "url": url,
        "size": len(image),
        "sha256": hashlib.sha256(image).hexdigest(),
        "releaseNotes": notes,
        "critical": critical,
        "forced": forced,
        "min_version": values["min_version"],
        "flavour": values["flavour"],
    }
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"
