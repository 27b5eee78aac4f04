"""Runs first on the chip, and is never updated. Checks the running slot's application, falls back, counts starts.

It imports nothing of the application. A slot holds MicroPython's image, the application's files (a littlefs, unless
they are frozen into MicroPython), and a manifest: one sector with "HANM", format, length, CRC-32, JSON. If the files
match the manifest, they are mounted at /app, which is first on the path. This file leaves the dict BOOT for main.py,
and nothing else.

Each start writes an entry of four bytes to the `state` partition. Its bits are only ever cleared:

    kind and slot of the start
    what became of it: _HEALTHY, _ACTIVATED
    for _BACK, why the other application was left, and for _LEFT, why this one is: index of _REASONS
    the complement of the first byte; where it is wrong, power failed during the write

A sector holds a thousand entries. When it is full, the last ones are copied to the other sector, which then goes on.
RTC memory counts starts, too, in case flash cannot be written: its first four bytes are b"HB" and a count for each
slot.
"""

import gc
import hashlib
import json
import os
import struct
import sys
from binascii import crc32

import machine
import vfs
from esp32 import Partition

_SECTOR = 4096
_STARTS = 4  # the first of two sectors of `state`, see han/store/flash.py
_MAGIC = b"HANB"
_KEEP = 16  # number of starts that are read, and that are copied when a sector is full
_MOST = 3  # starts in a row that may fail to become healthy
_PSRAM = 1000000  # bytes of heap that only a chip with PSRAM has
_HANG_MS = 120000  # watchdog from here until the application's own, in case an import never ends

# Kinds of starts: a normal one, the first after an update, a return from the other slot, and an attempt that was left
# for the other slot. The slot (0 or 1) is in the lowest bit.
_NORMAL, _UPDATE, _BACK, _LEFT = 0x10, 0x20, 0x40, 0x50
# What became of a start, as bits that are cleared: the application was healthy; it has told the chip's loader to start
# the other slot.
_HEALTHY, _ACTIVATED = 0x0F, 0xF0

_REASONS = (
    "restarted before it was confirmed",
    "power failed while it was being confirmed",
    "the chip could not load it",
    "it was not started",
    "%d starts without becoming healthy" % _MOST,
    "it has no manifest",
    "its files are damaged",
    "its flash cannot be read",
)
_UNCONFIRMED, _INTERRUPTED, _UNLOADABLE, _NEVER, _UNHEALTHY, _NO_MANIFEST, _DAMAGED, _UNREADABLE = range(8)


class Files:
    """The block device of a slot's files, for VfsLfs2. Read-only. Its methods allocate nothing."""

    def __init__(self, slot, offset, size, block):
        self._read = slot.readblocks
        self._at = offset
        self._block = block
        self._count = size // block

    def readblocks(self, n, buf, off=0):
        off += self._at + n * self._block
        self._read(off >> 12, buf, off & 4095)

    def writeblocks(self, n, buf, off=0):
        raise OSError(30)  # read-only

    def ioctl(self, op, arg):
        if op == 4:
            return self._count
        if op == 5:
            return self._block
        if op == 6:
            raise OSError(30)
        return 0


# A slot


def image_end(slot):
    """The offset in a slot at which ESP-IDF's image ends, None where there is no image. OSError."""
    head = bytearray(24)
    slot.readblocks(0, head)
    if head[0] != 0xE9:
        return None
    size = slot.ioctl(4, 0) * _SECTOR
    part = bytearray(8)
    at = 24
    for _ in range(head[1]):
        slot.readblocks(at // _SECTOR, part, at % _SECTOR)
        at += 8 + struct.unpack_from("<I", part, 4)[0]
        if at >= size:
            return None
    return (at | 15) + 1 + 32 * (head[23] == 1)


def find_manifest(slot):
    """The manifest behind the image in a slot, a dict; None where there is none. OSError, ValueError (not JSON)."""
    end = image_end(slot)
    if end is None:
        return None
    head = bytearray(12)
    for n in range((end + _SECTOR - 1) // _SECTOR, slot.ioctl(4, 0)):
        slot.readblocks(n, head)
        magic, form, length, crc = struct.unpack("<4sHHI", head)
        if magic == b"HANM" and form == 1 and length <= _SECTOR - 12:
            text = bytearray(length)
            slot.readblocks(n, text, 12)
            if crc32(text) == crc:
                return json.loads(bytes(text).decode())
    return None


def is_same(slot, at, size, digest):
    """True when the SHA-256 of `size` bytes from the offset `at` in a slot is `digest` (hex digits)."""
    hashed = hashlib.sha256()
    buf = memoryview(bytearray(_SECTOR))
    end = at + size
    while at < end:
        part = buf[: min(end - at, _SECTOR - at % _SECTOR)]
        slot.readblocks(at // _SECTOR, part, at % _SECTOR)
        hashed.update(part)
        at += len(part)
    return hashed.digest() == bytes([int(digest[n : n + 2], 16) for n in range(0, 64, 2)])


def check(slot):
    """(manifest or None, None or the reason why this slot's application cannot be started: index of _REASONS)."""
    try:
        manifest = find_manifest(slot)
        if not manifest or manifest["product"] != "han-reader":
            return None, _NO_MANIFEST
        if "files" in manifest:
            files = manifest["files"]
            if not is_same(slot, files["offset"], files["size"], files["sha256"]):
                return manifest, _DAMAGED
        return manifest, None
    except OSError:
        return None, _UNREADABLE
    except (ValueError, KeyError, TypeError):
        return None, _NO_MANIFEST


def mount(slot, manifest):
    """Mount the application's files, if any, first on the path. Returns None, or the reason why that fails."""
    try:
        if "files" in manifest:
            files = manifest["files"]
            device = Files(slot, files["offset"], files["size"], files.get("block", _SECTOR))
            vfs.mount(vfs.VfsLfs2(device), "/app", readonly=True)  # type: ignore[abstract,arg-type]  # any block device
            sys.path.insert(0, "/app")
        return None
    except (OSError, ValueError, TypeError):
        return _DAMAGED


def bootable(manifest):
    """True where this application can run here. One with files needs PSRAM, and /boot.py and /main.py to start it."""
    try:
        if "files" not in manifest:
            return True
        return gc.mem_alloc() + gc.mem_free() > _PSRAM and bool(os.stat("/boot.py") and os.stat("/main.py"))
    except OSError:
        return False


def loader_states():
    """[(slot, state)] of the two entries of otadata. ESP-IDF's states: 1 is not confirmed yet, 4 is given up."""
    found = []
    entry = bytearray(32)
    try:
        otadata = Partition.find(Partition.TYPE_DATA, 0)[0]
        for n in range(2):
            otadata.readblocks(n, entry)
            sequence, state = struct.unpack("<I20xI4x", entry)
            found.append(((sequence - 1) % 2, state))
    except (OSError, IndexError):
        pass
    return found


# Starts


def read_starts(state):
    """([entries of the last starts, the oldest first], offset in `state` of the next entry). OSError."""
    data = bytearray(_SECTOR)
    entries, number, at = [], -1, 0
    for sector in (_STARTS, _STARTS + 1):
        state.readblocks(sector, data)
        magic, count, check = struct.unpack_from("<4sHH", data)
        if magic == _MAGIC and count ^ check == 0xFFFF and count > number:
            number = count
            end = max(8, (len(bytes(data).rstrip(b"\xff")) + 3) & ~3)
            entries = [data[n : n + 4] for n in range(max(8, end - 4 * _KEEP), end, 4) if data[n] ^ data[n + 3] == 0xFF]
            at = sector * _SECTOR + end
    if at % _SECTOR == 0:  # the sector is full, or there is none of ours: begin the other one with the last entries
        sector = (_STARTS + _STARTS + 2 - at // _SECTOR) if at else _STARTS
        state.ioctl(6, sector)
        keep = b"".join(entries)
        state.writeblocks(sector, keep, 8)
        state.writeblocks(sector, struct.pack("<4sHH", _MAGIC, number + 1, 0xFFFE - number), 0)
        at = sector * _SECTOR + 8 + len(keep)
    return entries, at


def note(state, at, first, reason):
    """Write a start's entry, and return it. An error of the flash is ignored: the start is only forgotten then."""
    entry = bytes((first, 0xFF, reason, first ^ 0xFF))
    try:
        if state:
            state.writeblocks(at // _SECTOR, entry, at % _SECTOR)
    except OSError:
        pass
    return entry


def marks(state, at):
    """(healthy, activating): functions for the application, which mark the entry at `at`.

    They use nothing global of this file, as main() deletes that.
    """
    rtc = machine.RTC()
    write = state and state.writeblocks

    def mark(bits):
        try:
            if write:
                write(at >> 12, bytes((0xFF ^ bits,)), (at & 4095) + 1)
        except OSError:
            pass

    def healthy():
        rtc.memory(b"HB\0\0" + rtc.memory()[4:])
        mark(0x0F)

    def activating():
        mark(0xF0)

    return healthy, activating


def unhealthy(entries):
    """[starts of slot 0, of slot 1] since the last healthy start or update. A higher count in RTC memory counts."""
    counts = [0, 0]
    for entry in reversed(entries):
        if not entry[1] & _HEALTHY:
            break
        counts[entry[0] & 1] += 1
        if entry[0] & 0xF0 == _UPDATE:
            break
    kept = machine.RTC().memory()[:4]
    if len(kept) == 4 and kept[:2] == b"HB":
        counts = [max(counts[0], kept[2]), max(counts[1], kept[3])]
    return counts


def remember(counts):
    """Keep the counts in the first bytes of RTC memory. The rest of it belongs to the application."""
    rtc = machine.RTC()
    rtc.memory(b"HB" + bytes([min(n, 255) for n in counts]) + rtc.memory()[4:])


def kind_of(entries, mine, states, fallen):
    """(kind, reason) of this start, from the start before and from what the chip's loader did.

    entries   as read_starts() gives them
    mine      the running slot, 0 or 1
    states    as loader_states() gives them
    fallen    True where the loader was told to start the other slot
    """
    last = entries[-1] if entries else b"\0\xff\0\0"
    known = bool(entries)
    elsewhere = known and last[0] & 1 != mine
    if elsewhere and last[0] & 0xF0 == _LEFT:
        return _BACK, last[2]
    if (mine, 1) in states:
        return _UPDATE, 0xFF
    if elsewhere:
        if fallen:
            return _BACK, _UNLOADABLE
        return _BACK, _UNCONFIRMED if (1 - mine, 4) in states else _INTERRUPTED
    if known and (fallen or not last[1] & _ACTIVATED):
        return _BACK, _NEVER
    return _NORMAL, 0xFF


def rolled_back(entries):
    """In words, why the other application does not run; None where there was no return, or it is over.

    It is over at the next start after a healthy one, so that it is told only once.
    """
    for n, entry in enumerate(reversed(entries)):
        if n and not entry[1] & _HEALTHY or entry[0] & 0xF0 == _UPDATE:
            break
        if entry[0] & 0xF0 == _BACK:
            reason = _REASONS[entry[2]] if entry[2] < len(_REASONS) else "unknown"
            return "slot%d: %s" % (2 - (entry[0] & 1), reason)
    return None


def start():
    """Check and count this start. Returns BOOT, or restarts the chip with the other slot.

    BOOT is a dict:
        slot         "slot1" or "slot2", which runs
        manifest     dict of the running application, None where it is not usable
        rolled_back  why the other application does not run, in words, or None
        safe         True: safe mode, as too many starts did not become healthy
        boots        number of starts since the last healthy one
        pending      True: the application is not confirmed yet
        healthy      function to call when the application is proven
        activating   function to call after the chip's loader was told to start the other slot
    """
    running = Partition(Partition.RUNNING)  # type: ignore[arg-type]  # not only a label
    mine = running.info()[1] - 16  # ESP_PARTITION_SUBTYPE_APP_OTA_0
    other = None
    fallen = False
    if mine in (0, 1):
        other = running.get_next_update()
        if other.info()[2] == running.info()[2]:
            other = None
        try:
            booted = Partition(Partition.BOOT)  # type: ignore[arg-type]
            fallen = booted.info()[2] != running.info()[2]
        except OSError:
            pass
    else:
        mine = 0
    states = loader_states()
    pending = (mine, 1) in states
    if fallen:  # the loader could not start the other slot: it must not try again when that has another image
        try:
            running.set_boot()
        except OSError:
            fallen = False
    try:
        state = Partition("state")
        entries, at = read_starts(state)
    except OSError:
        state, entries, at = None, [], 0

    manifest, why = check(running)
    if manifest and why is None:
        why = mount(running, manifest)
    if machine.reset_cause() == machine.SOFT_RESET and entries:  # Ctrl-D: this is no new start
        counts = unhealthy(entries)
        at -= 4
    else:
        kind, reason = kind_of(entries, mine, states, fallen)
        counts = [0, 0] if kind == _UPDATE else unhealthy(entries)
        if why is None and counts[mine] >= _MOST and not counts[1 - mine]:
            why = _UNHEALTHY
        # Not if the start before has just left the other slot: the two would leave each other for ever.
        if why is not None and other and not (kind == _BACK and entries[-1][0] & 0xF0 == _LEFT):
            theirs, wrong = check(other)
            if wrong is None and bootable(theirs):
                leave(other, state, at, _LEFT | mine, why, pending)
                at += 4
        entries.append(note(state, at, kind | mine, reason))
        counts[mine] += 1
        remember(counts)
    if manifest and why in (None, _UNHEALTHY):
        machine.WDT(timeout=_HANG_MS)
    else:
        manifest = None
        print("boot: slot%d: %s" % (mine + 1, _REASONS[why]))
        sys.path.insert(0, "/lib")  # an application under development, if any
    healthy, activating = marks(state, at)
    return {
        "slot": "slot%d" % (mine + 1),
        "manifest": manifest,
        "rolled_back": rolled_back(entries),
        "safe": counts[mine] > _MOST,
        "boots": counts[mine],
        "pending": pending or fallen,
        "healthy": healthy,
        "activating": activating,
    }


def leave(other, state, at, first, reason, pending):
    """Write the reason, and restart the chip with the other slot. Returns only where the chip refuses."""
    print("boot: slot%d: %s; starting slot%d" % ((first & 1) + 1, _REASONS[reason], 2 - (first & 1)))
    note(state, at, first, reason)
    try:
        if not pending:  # if it is pending, a reset is enough, and the other slot's entry in otadata stays confirmed
            other.set_boot()
        machine.reset()
    except OSError:
        pass


def main():
    """Set the global BOOT, and delete all other names of this file."""
    names, collect = globals(), gc.collect
    try:
        boot = start()
    except Exception as error:  # no error of this file may keep the application from starting
        sys.print_exception(error)
        boot = {"slot": "slot1", "manifest": None, "rolled_back": None, "safe": False, "boots": 1, "pending": False}
        boot["healthy"] = boot["activating"] = lambda: None
    for name in list(names):
        if name[:2] != "__":
            del names[name]
    names["BOOT"] = boot
    collect()


main()
