"""Writes a release to a board over USB with esptool: `python -m tools.flash FILE [--port PORT]`.

    flash.bin          writes everything, and erases the board's settings and history unless --keep is given
    ota.bin            writes the slot that is not in use and starts it; everything else stays

It first checks that the file fits the chip, the size of its flash and its partitions. Only then it writes.
"""

import argparse
import pathlib
import sys

import esptool
import serial
from esptool import cmds
from serial.tools import list_ports

from staging import ImageError, keyring
from tools.image import esp_image, otadata, partitions, slot

#: The partitions with a reader's own data.
RECORDED = ("nvs", "state", "history")
_SECTOR = 4096
# Two pieces with no more blank sectors than this between them are written as one.
_GAP = 16


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m tools.flash", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="flash.bin or ota.bin, from a release or from tools.build")
    parser.add_argument("--port", help="serial port of the board; default: the only USB serial port")
    parser.add_argument("--baud", type=int, default=460800, help="speed of the transfer; default: %(default)s")
    parser.add_argument("--slot", choices=("slot1", "slot2"), help="for ota.bin: write this slot, in use or not")
    parser.add_argument("--keep", action="store_true",
                        help="for flash.bin: keep the partitions %s (settings and history)" % ", ".join(RECORDED))
    given = parser.parse_args(arguments)
    try:
        plan = opened(given.file, given.slot, given.keep)
        with Chip(given.port or only_port(), given.baud) as chip:
            plan.write(chip)
    except (ImageError, esptool.FatalError, serial.SerialException, OSError) as error:
        print("tools.flash: %s" % explained(error), file=sys.stderr)
        return 1
    print("written and verified; the board starts")
    return 0


def explained(error):
    """The text of an error, with advice for common ones."""
    text = str(error).strip()
    if isinstance(error, PermissionError) or "Permission denied" in text:
        return text + ": join the group that may use the port (Debian: dialout) and log in again"
    if "No serial data received" in text or "Wrong boot mode" in text:
        return text + "\nhold the BOOT button while you plug the board in, and try again"
    return text


def only_port():
    """Path of the only USB serial port; ImageError if there is none, or more than one."""
    found = [port for port in list_ports.comports() if port.vid is not None]
    if len(found) == 1:
        return found[0].device
    if not found:
        raise ImageError("no board on USB: plug it in with a cable that carries data, or give --port")
    names = ", ".join("%s (%s)" % (port.device, port.description) for port in found)
    raise ImageError("several boards on USB: choose one with --port: %s" % names)


class Chip:
    """A board in its serial bootloader, for `with`; at the end it restarts."""

    def __init__(self, port, baud):
        self._port = port
        self._baud = baud

    def __enter__(self):
        print("connecting to %s" % self._port, flush=True)
        self._esp = esptool.detect_chip(self._port)
        try:
            self._esp = esptool.run_stub(self._esp)
            self._esp.change_baud(self._baud)
            esptool.attach_flash(self._esp)
            self.name = self._esp.CHIP_NAME
            self.flash_size = esptool.util.flash_size_bytes(cmds.detect_flash_size(self._esp) or "0MB")
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            esptool.reset_chip(self._esp, "hard-reset")
        self._esp._port.close()

    def read(self, offset, size):
        """Read bytes of the flash."""
        return esptool.read_flash(self._esp, offset, size, no_progress=True)

    def write(self, pieces, erase=False):
        """Write [(offset, bytes)] and check each by its MD5. Erases their sectors before, or everything if `erase`."""
        esptool.write_flash(self._esp, pieces, erase_all=erase)


def opened(path, slot_name, keep):
    """Whole or Slot for a file; ImageError if tools.build did not make it, or an option does not fit it."""
    data = pathlib.Path(path).read_bytes()
    if len(data) in [megabytes << 20 for megabytes in partitions.LAYOUTS]:
        if slot_name:
            raise ImageError("--slot is for ota.bin, but %s is for the whole flash" % path)
        return Whole(path, data, keep)
    if keep:
        raise ImageError("--keep is for flash.bin: ota.bin never changes anything but the slot")
    return Slot(path, data, slot_name)


class Whole:
    """A flash.bin; ImageError if it is damaged or not signed with an accepted key."""

    def __init__(self, path, data, keep):
        self._path = path
        self._data = data
        self._keep = keep
        self._table = data[partitions.OFFSET : partitions.OFFSET + partitions.SIZE]
        self._layout = partitions.checked(partitions.parse(self._table, path), len(data), path)
        first = partitions.slots(self._layout)[0]
        self._chip = slot.opened(image_in(data, first, path), keyring.accepted(), path)["chip"]

    def write(self, chip):
        """Write it to a Chip; ImageError, before anything is written, if it is not for this board."""
        right_chip(self._path, self._chip, chip)
        if chip.flash_size < len(self._data):
            raise ImageError("%s is for %d MB of flash, this board has %d" % (
                self._path, len(self._data) >> 20, chip.flash_size >> 20))  # fmt: skip
        if not self._keep:
            chip.write(pieces(self._data), erase=True)
            return
        if chip.read(partitions.OFFSET, partitions.SIZE) != self._table:
            raise ImageError("the board has other partitions than %s: run it without --keep" % self._path)
        # Write everything else, blank sectors too: otadata and the file system must become blank there.
        chip.write(gaps(self._layout, self._data))


class Slot:
    """An ota.bin; ImageError if it is damaged or not signed with an accepted key."""

    def __init__(self, path, data, name):
        self._path = path
        self._data = data
        self._name = name
        self._chip = slot.opened(data, keyring.accepted(), path)["chip"]

    def write(self, chip):
        """Write it to a Chip, then make it start. ImageError, before anything is written, if it does not fit."""
        right_chip(self._path, self._chip, chip)
        layout = partitions.parse(chip.read(partitions.OFFSET, partitions.SIZE), "the board")
        slots = partitions.slots(layout)
        choice = partitions.named(layout, "otadata")
        number = self._number(chip.read(choice.offset, choice.size))
        if len(self._data) > slots[number].size:
            raise ImageError("%s has %d bytes, but a slot of this board only %d" % (
                self._path, len(self._data), slots[number].size))  # fmt: skip
        print("writing slot%d" % (number + 1), flush=True)
        chip.write([(slots[number].offset, self._data)])
        chip.write([(choice.offset, otadata.starting(number))])

    def _number(self, data):
        if self._name:
            return int(self._name[-1]) - 1
        try:
            return 1 - otadata.selected(data)
        except ImageError:
            return 0


def image_in(data, part, path):
    """The signed image in a slot (a Partition) of a flash.bin, without the blank bytes after it."""
    content = data[part.offset : part.end]
    end = esp_image.end(content, 0, path)
    return content[: max(end, len(content.rstrip(b"\xff")) + _SECTOR - 1) // _SECTOR * _SECTOR]


def right_chip(path, wanted, chip):
    """Raises ImageError if a file is for another chip than this one."""
    if wanted != chip.name:
        raise ImageError("%s is for %s, this board has an %s" % (path, wanted, chip.name))


def pieces(data):
    """[(offset, bytes)] of all data that is not blank, in whole sectors."""
    found = []
    for at in range(0, len(data), _SECTOR):
        if data[at : at + _SECTOR].strip(b"\xff"):
            if found and at - found[-1][1] <= _GAP * _SECTOR:
                found[-1][1] = at + _SECTOR
            else:
                found.append([at, at + _SECTOR])
    return [(start, data[start:end]) for start, end in found]


def gaps(layout, data):
    """[(offset, bytes)] of everything but the partitions in RECORDED."""
    found, start = [], 0
    for part in layout:
        if part.name in RECORDED:
            if part.offset > start:
                found.append((start, data[start : part.offset]))
            start = part.end
    return [*found, (start, data[start : layout[-1].end])]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
