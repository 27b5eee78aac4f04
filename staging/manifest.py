"""The manifest of an image: one sector in the image that describes it, and manifest.json of an update server."""

import binascii
import hashlib
import json
import re
import struct

from staging import ImageError

SECTOR = 4096
PRODUCT = "han-reader"
#: The channels of an update server, each in a folder of its own.
CHANNELS = ("release", "beta")
_MAGIC = b"HANM"
_FORMAT = 1
_HEADER = "<4sHHI"
_LENGTH = struct.calcsize(_HEADER)
_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){3}")


def version(text):
    """(major, minor, patch, build) of a version text; ImageError if it is none."""
    if not _VERSION.fullmatch(text):
        raise ImageError("the version %s is not major.minor.patch.build" % text)
    return tuple(map(int, text.split(".")))


def sector(values):
    """The sector (bytes) with these values (a dict); ImageError if they are too long."""
    text = json.dumps(values, separators=(",", ":"), sort_keys=True).encode()
    if len(text) > SECTOR - _LENGTH:
        raise ImageError("a manifest of %d bytes" % len(text))
    return (struct.pack(_HEADER, _MAGIC, _FORMAT, len(text), binascii.crc32(text)) + text).ljust(SECTOR, b"\xff")


def parse(data):
    """The values (a dict) of a sector; None if it is not a manifest, or damaged."""
    if len(data) < _LENGTH:
        return None
    magic, form, length, crc = struct.unpack_from(_HEADER, data)
    text = data[_LENGTH : _LENGTH + length]
    if magic != _MAGIC or form != _FORMAT or len(text) < length or binascii.crc32(text) != crc:
        return None
    return json.loads(text)


def for_server(values, image, url, notes="", critical=False, forced=False):
    """JSON text of <channel>/manifest.json, which describes a signed image on an update server.

    values    the values of the image's own manifest
    url       address of the image, best relative to the manifest
    notes     release notes for users
    critical  users should not delay the update
    forced    readers install it even if updates are set to manual
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
