"""Writes an image to the slot that does not run, sector by sector while its bytes come."""
import asyncio

from ..rules import Wrong, check_frozen, check_head
from ..state import advance

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_SECTOR = const(4096)
_COMPARE = const(256)
# The first bytes of an image are written last, after all of it was verified. The chip's loader and boot.py fall back
# to any complete image in the other slot and do not check its signature. So an unverified image must never be complete.
_HEAD = const(32)


class Writer:
    """Writes the bytes that are put into `buf` to a slot, sector by sector. buf: a little more than a sector.

    Nothing bigger than `buf` is ever in memory.

    no_files   why the board takes only frozen images, in words; None where it takes others, too
    """

    def __init__(self, slot, chip, updates, buf, no_files=None):
        self.buf = buf
        self.fill = 0  # bytes in buf
        self.written = 0  # bytes in flash
        self.size = slot.ioctl(4, 0) * _SECTOR
        self._view = memoryview(self.buf)
        self._slot = slot
        self._chip = chip
        self._updates = updates
        self._no_files = no_files
        self.head = b""  # the image's first bytes, which are not in flash yet
        self._read = bytearray(_COMPARE)

    @property
    def count(self):
        """Bytes of the image that have come so far."""
        return self.written + self.fill

    def room(self):
        """A memoryview of the free part of buf. Put the next bytes there, then call advance()."""
        return self._view[self.fill :]

    async def advance(self, count, keep=0):
        """So many bytes were put into room(): write the sectors that are complete. Wrong.

        keep: number of the last bytes in buf that may not belong to the image, and are not written yet
        """
        self.fill += count
        while self.fill >= _SECTOR + keep:
            await self._sector()
            self.drop(_SECTOR)

    def drop(self, count):
        """Remove so many bytes from the beginning of buf."""
        self.buf[: self.fill - count] = self._view[count : self.fill]
        self.fill -= count

    async def feed(self, data):
        """Take the next bytes of the image from another buffer. Wrong."""
        data = memoryview(data)
        while len(data):
            room = self.room()
            n = min(len(room), len(data))
            room[:n] = data[:n]
            data = data[n:]
            await self.advance(n)

    def restart(self):
        """The image comes again from its beginning."""
        self.fill = self.written = 0

    async def finish(self):
        """The image has ended: write its last bytes, and return the number of all. Wrong."""
        if self.fill >= _SECTOR:
            await self.advance(0)
        count = self.count
        if self.fill:
            self._view[self.fill : _SECTOR] = b"\xff" * (_SECTOR - self.fill)
            await self._sector()
        if not count:
            raise Wrong("truncated", "no image in the request")
        return count

    # Other tasks run between the steps. Erasing takes 45 ms typically; the meter's bytes can wait that long.
    async def _sector(self):
        n = self.written // _SECTOR
        if self.written + _SECTOR > self.size:
            raise Wrong("too_large", "longer than the slot's %d bytes" % self.size)
        slot = self._slot
        if not n:
            check_head(self._view, self._chip)
            if self._no_files:
                check_frozen(self._view, self._no_files)
            self._updates.staged = None
            self.head = bytes(self._view[:_HEAD])
            self._view[:_HEAD] = b"\xff" * _HEAD
        try:
            slot.ioctl(6, n)
            await asyncio.sleep(0)
            slot.writeblocks(n, self._view[:_SECTOR], 0)
            await asyncio.sleep(0)
            for at in range(0, _SECTOR, _COMPARE):
                slot.readblocks(n, self._read, at)
                if self._read != self._view[at : at + _COMPARE]:
                    raise Wrong("write_failed", "the flash does not hold what was written, sector %d" % n)
        except OSError as error:
            raise Wrong("write_failed", "the flash refuses: %s" % error)
        self.written += _SECTOR
        advance(self._updates, self.written)


class Headless:
    """Reads like a slot with the complete image, while its first bytes are not in flash yet."""

    def __init__(self, slot, head):
        self.ioctl = slot.ioctl
        self._slot = slot
        self._head = head

    def readblocks(self, n, buf, offset=0):
        """Read the slot as if the first bytes were written."""
        self._slot.readblocks(n, buf, offset)
        if n == 0 and offset < len(self._head):
            part = self._head[offset : offset + len(buf)]
            buf[: len(part)] = part

    def complete(self):
        """The image is verified: write its first bytes. Wrong where the flash refuses."""
        written = bytearray(len(self._head))
        try:
            self._slot.writeblocks(0, self._head, 0)
            self._slot.readblocks(0, written, 0)
        except OSError as error:
            raise Wrong("write_failed", "the flash refuses: %s" % error)
        if written != self._head:
            raise Wrong("write_failed", "the flash does not hold what was written, sector 0")
