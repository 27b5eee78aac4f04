"""What an image has to be to be taken, as far as that can be said in a few lines."""
import struct

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


# In the image's header.
_CHIPS = {"ESP32": 0, "ESP32-S2": 2, "ESP32-C3": 5, "ESP32-S3": 9, "ESP32-C6": 13, "sim": 0xFFFF}


# The description of an application with everything frozen in begins so; see firmware/boards/common/board.cmake.
_FROZEN = b"han-reader "
_DESCRIPTION = const(48)


class Wrong(Exception):
    """What is wrong with an image: `error` of the API's, and in words."""

    def __init__(self, error, reason):
        super().__init__(error, reason)
        self.error = error
        self.reason = reason


def number(version):
    """A version "1.2.3.4" as a tuple; ValueError."""
    parts = [int(part) for part in version.split(".")]
    if len(parts) != 4 or min(parts) < 0:
        raise ValueError("not a version: %s" % version)
    return tuple(parts)


def lowest(updates, newer=False):
    """The least version that is taken: not older than what runs (newer=True: newer), nor than its floor."""
    running = number(updates.running)
    if newer:
        running = running[:3] + (running[3] + 1,)
    floor = (updates.board.boot["manifest"] or {}).get("min_version")
    try:
        return max(running, number(floor)) if floor else running
    except (ValueError, AttributeError):
        return running


def check_head(head, chip):
    """Wrong unless these first bytes of an image are of one for this chip."""
    if head[0] != 0xE9 or not 1 <= head[1] <= 16 or head[23] != 1:
        raise Wrong("invalid_firmware", "not an image of this reader")
    if struct.unpack_from("<H", head, 12)[0] != _CHIPS.get(chip):
        raise Wrong("wrong_chip", "not for " + chip)


def check_frozen(head, no_files):
    """Wrong unless these first bytes of an image say that everything is frozen into it. no_files: why it has to be.

    Releases from before images said so can only be told by their manifest, which comes last.
    """
    if head[_DESCRIPTION : _DESCRIPTION + len(_FROZEN)] != _FROZEN:
        why = "it is not marked as frozen, and one with files %s (an old one, without that mark: ?allowDowngrade=1)"
        raise Wrong("wrong_product", why % no_files)
