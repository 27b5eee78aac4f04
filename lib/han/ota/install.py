"""Writes an image to the slot that does not run, verifies it there, and has it started when told to.

What may happen while one is taken, and what then is:

1. All of it comes and is right: READY_TO_REBOOT. What starts next is still this application.
2. Its first bytes are not of an image for this chip, or not of a frozen one where no other runs:
   FAILED, nothing has been erased; what was staged before still is.
3. It is cut short, comes too slowly, is too long: FAILED. The other slot is half new, without its
   first bytes, and not staged.
4. The flash refuses, or does not hold what was written to it: FAILED, write_failed.
5. It is all there and wrong (structure, product, chip, version, hashes, signature): FAILED.
6. The reader loses power or restarts: all of this is forgotten, the application that ran starts again.

Only activate() tells the chip's loader to start the other slot, after verifying it once more.
"""
import asyncio

from .slot.image import Check
from .keys import KEYS
from .rules import Wrong, number
from .state import begin, busy, change, fail, settle, stage
from .slot.writer import Headless, Writer

try:
    from micropython import const
except ImportError:

    def const(number):
        return number


_SECTOR = const(4096)
# With room for a form's mark that may have come with the last bytes of the image.
_BUFFER = const(_SECTOR + 128)


class Installer:
    """One image on its way into the other slot. OSError where the board has only one.

    lowest   version that is accepted at least, as a tuple; None: any, and old ones do not say what they are at first
    """

    #: Before each further attempt to verify it, where memory is short, s; after the last there is none.
    pauses = (1, 2, 4, 8, 0)

    def __init__(self, updates, lowest=None):
        self.updates = updates
        self._running, self._slot = updates.board.slots()
        self._chip = updates.board.chip
        self._lowest = lowest
        self.buf = bytearray(_BUFFER)

    @property
    def room(self):
        """Bytes that the slot holds."""
        return self._slot.ioctl(4, 0) * _SECTOR

    async def take(self, receive, status, source, expected, digest=None):
        """Have receive(writer) put an image into the slot and verify it; True when it is staged, else it has failed.

        receive raises Wrong, or Exception for what is no fault of the image: then it is truncated.
        """
        updates = self.updates
        kept = updates.staged, updates.version
        error, reason = "truncated", "it was interrupted"
        begin(updates, status, source, expected)
        try:
            no_files = updates.board.no_files() if self._lowest else None
            writer = Writer(self._slot, self._chip, updates, self.buf, no_files)
            await receive(writer)
            count = updates.expected = await writer.finish()
            change(updates, "INSTALL_IN_PROGRESS")
            image = Headless(self._slot, writer.head)
            values = await self.verify(count, digest, image)
            image.complete()
            error = None
            stage(updates, values["version"])
        except Wrong as wrong:
            error, reason = wrong.error, wrong.reason
        except MemoryError:
            error, reason = "write_failed", "out of memory"
        finally:  # also when its task is cancelled: its client was silent for too long
            if error:
                fail(updates, error, reason)
                if updates.staged and kept[0]:
                    updates.version = kept[1]
        return error is None

    async def verify(self, size=None, digest=None, slot=None):
        """The manifest of the image in the slot, or in what reads like one, once all of it is right; Wrong."""
        for pause in self.pauses:
            try:
                return await self._verify(size, digest, slot or self._slot)
            except OSError as error:
                raise Wrong("write_failed", "the flash cannot be read: %s" % error)
            except MemoryError:
                if not pause:
                    raise
            await asyncio.sleep(pause)  # others have it, and give it back when they can go on

    async def _verify(self, size, digest, slot):
        check = Check(slot, self._chip, self.buf)
        self._accept(check.manifest(size)[2])
        return await check.all(KEYS, size, digest)

    def _accept(self, values):
        self.updates.version = values["version"]
        # A reader with everything frozen in may have no PSRAM, or a dead file system that nobody has missed.
        why = "files" in values and self.updates.board.no_files()
        if why:
            raise Wrong("wrong_product", "it " + why)
        lowest = self._lowest
        if lowest and number(values["version"]) < lowest:
            text = ".".join([str(part) for part in lowest])
            raise Wrong("too_old", "it is %s: %s or newer is needed, or ?allowDowngrade=1" % (values["version"], text))

    async def activate(self):
        """Have what is staged start next, and restart; True when it will. Else it has failed, and nothing changes."""
        updates = self.updates
        change(updates, "INSTALL_IN_PROGRESS")  # nobody writes to the slot meanwhile
        try:
            await self.verify()
            self._slot.set_boot()
            updates.status = "REBOOT_PENDING"
        except Wrong as wrong:
            updates.staged = None
            fail(updates, wrong.error, wrong.reason)
            return False
        except OSError as error:
            updates.staged = None
            fail(updates, "write_failed", "the chip does not take it: %s" % error)
            return False
        finally:
            if busy(updates):  # who asked has gone
                settle(updates)
        updates.board.boot["activating"]()
        change(updates, "REBOOT_PENDING")
        updates.restart("OTA_UPDATE")
        return True
