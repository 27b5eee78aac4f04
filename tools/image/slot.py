"""The image of a slot: MicroPython, the application's files, the manifest, the signature.

    0                 MicroPython's application image, padded with 0xff to a whole sector
    files' offset     littlefs with the compiled application (appended flavour only; frozen has it in MicroPython)
    size - 8192       manifest, one sector, see staging/manifest.py
    size - 4096       signature sector for everything before it
"""

import hashlib

from staging import ImageError, manifest
from tools import sign
from tools.image import esp_image, files

APPENDED = "appended"
FROZEN = "frozen"
_SECTOR = 4096


def make(application, chip, system_files, version, min_version, built_with, key, **settings):
    """The bytes of the signed image; ImageError on bad versions or a bad key.

    application   bytes of MicroPython's image, checked
    chip          name of the chip in the manifest
    system_files  {path: bytes} of the application, None for the frozen flavour
    version, min_version   texts; a reader accepts no version below min_version once this image has run
    built_with    MicroPython's version
    key           path of the private key
    settings      further values of the manifest: `updates`, base address of the update server; `channel`, the channel
                  that the reader follows there; `authority`, see tools.build
    """
    manifest.version(version)
    manifest.version(min_version)
    if manifest.version(min_version) > manifest.version(version):
        raise ImageError("the least version %s is above the image's own, %s" % (min_version, version))
    body = _padded(application)
    values = {
        "product": manifest.PRODUCT,
        "version": version,
        "min_version": min_version,
        "chip": chip,
        "flavour": APPENDED if system_files else FROZEN,
        "app": {"size": len(application), "sha256": hashlib.sha256(application).hexdigest()},
        "built_with": built_with,
    }
    values.update(settings)
    if system_files:
        system = files.smallest(system_files)
        values["files"] = {
            "offset": len(body),
            "size": len(system),
            "block": files.BLOCK,
            "sha256": hashlib.sha256(system).hexdigest(),
        }
        body += system
    values["size"] = len(body) + 2 * _SECTOR
    return sign.sign(body + manifest.sector(values), key)


def opened(image, keys, name="the image"):
    """The manifest's values of an image; ImageError if it is damaged or not signed with one of the keys (paths)."""
    at, values = manifest_in(image, name)
    if values.get("product") != manifest.PRODUCT:
        raise ImageError("%s: it is for the product %s" % (name, values.get("product")))
    if len(image) != values["size"] or at != len(image) - 2 * _SECTOR:
        raise ImageError("%s: %d bytes, not %d: truncated or damaged" % (name, len(image), values["size"]))
    parts = [("application", 0, values["app"])]
    if values["flavour"] == APPENDED:
        parts.append(("files", values["files"]["offset"], values["files"]))
    for what, offset, part in parts:
        if hashlib.sha256(image[offset : offset + part["size"]]).hexdigest() != part["sha256"]:
            raise ImageError("%s: wrong SHA-256 of its %s: damaged" % (name, what))
    try:
        sign.signed_by(image, keys)
    except ImageError as error:
        raise ImageError("%s: %s" % (name, error)) from error
    return values


def manifest_in(image, name="the image"):
    """(offset, values) of the first manifest after the application, without using the image's size; ImageError."""
    end = esp_image.end(image, 0, name)
    for at in range(-(-end // _SECTOR) * _SECTOR, len(image), _SECTOR):
        values = manifest.parse(image[at : at + _SECTOR])
        if values is not None:
            return at, values
    raise ImageError("%s: no manifest after its application: not an image of %s" % (name, manifest.PRODUCT))


def _padded(data):
    return data + b"\xff" * (-len(data) % _SECTOR)
