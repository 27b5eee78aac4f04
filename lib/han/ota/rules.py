"""Rules for images that are accepted: the lowest version, and the first bytes. The exception Wrong."""
import struct

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# Chip numbers in the header of ESP-IDF's image; `sim` is the simulator's.
_CHIPS = {"ESP32": 0, "ESP32-S2": 2, "ESP32-C3": 5, "ESP32-S3": 9, "ESP32-C6": 13, "sim": 0xFFFF}


# The description of a frozen application begins like this, see firmware/boards/common/board.cmake.
_FROZEN = b"han-reader "
_DESCRIPTION = const(48)  # its offset in the image


class Wrong(Exception):
    """An image is wrong. error: one of the API's names; reason: the same in words."""

    def __init__(self, error, reason):
        super().__init__(error, reason)
        self.error = error
        self.reason = reason


def number(version):
    """A version "1.2.3.4" as a tuple of four numbers. ValueError where it is not one."""
    parts = [int(part) for part in version.split(".")]
    if len(parts) != 4 or min(parts) < 0:
        raise ValueError("not a version: %s" % version)
    return tuple(parts)


def lowest(updates, newer=False):
    """The lowest version that is accepted, a tuple: the running one (newer=True: the next one), or its min_version.

    The higher of the two counts.
    """
    running = number(updates.running)
    if newer:
        running = running[:3] + (running[3] + 1,)
    floor = (updates.board.boot["manifest"] or {}).get("min_version")
    try:
        return max(running, number(floor)) if floor else running
    except (ValueError, AttributeError):
        return running


def check_head(head, chip):
    """Check the first bytes of an image. Wrong unless they begin an image for this chip."""
    if head[0] != 0xE9 or not 1 <= head[1] <= 16 or head[23] != 1:
        raise Wrong("invalid_firmware", "not an image of this reader")
    if struct.unpack_from("<H", head, 12)[0] != _CHIPS.get(chip):
        raise Wrong("wrong_chip", "not for " + chip)


def check_frozen(head, no_files):
    """Check the first bytes of an image. Wrong unless they say that the application is frozen.

    no_files: why the board cannot run an image with files, in words

    Old frozen releases do not say so in their first bytes, only in the manifest at their end.
    """
    if head[_DESCRIPTION : _DESCRIPTION + len(_FROZEN)] != _FROZEN:
        why = "it is not marked as frozen, and one with files %s (an old one, without that mark: ?allowDowngrade=1)"
        raise Wrong("wrong_product", why % no_files)
