"""Writes an image to the slot that does not run, verifies it there, and activates it on request.

What may happen while an image is taken, and how it ends:

1. The image is complete and right: READY_TO_REBOOT. The next start is still this application.
2. Its first bytes are not of an image for this chip, or not of a frozen one where the board runs no
   other: FAILED. Nothing was erased, and an image that was staged before still is.
3. It is cut short, comes too slowly, or is too long: FAILED. The other slot has part of the new image
   without its first bytes, and nothing is staged.
4. The flash refuses, or does not hold what was written to it: FAILED, write_failed.
5. The image is complete but wrong (structure, product, chip, version, hashes, signature): FAILED.
6. The reader loses power or restarts: all this is forgotten, and the application that ran starts again.

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
# A sector, and a form's mark that may come with the last bytes of the image.
_BUFFER = const(_SECTOR + 128)


class Installer:
    """One image on its way into the other slot. OSError where the board has only one slot.

    lowest   the lowest version that is accepted, as a tuple. None: any version; then the mark for a frozen image is
             not checked before writing either, as old images do not have it
    """

    #: Pauses before each further attempt to verify, where memory is short, s; 0: no further attempt.
    pauses = (1, 2, 4, 8, 0)

    def __init__(self, updates, lowest=None):
        self.updates = updates
        self._running, self._slot = updates.board.slots()
        self._chip = updates.board.chip
        self._lowest = lowest
        self.buf = bytearray(_BUFFER)

    @property
    def room(self):
        """Size of the slot, bytes."""
        return self._slot.ioctl(4, 0) * _SECTOR

    async def take(self, receive, status, source, expected, digest=None):
        """Let receive(writer) put an image into the slot, verify it, and stage it. True when it is staged.

        status, source, expected   the state meanwhile, see state.begin()
        digest                     SHA-256 of the image in hex digits, None where not known

        Where receive raises Wrong, the update fails with its error. Where it raises another exception, that is passed
        on, and the update fails as "truncated".
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
        finally:  # also when the task is cancelled, because its client was silent for too long
            if error:
                fail(updates, error, reason)
                if updates.staged and kept[0]:
                    updates.version = kept[1]
        return error is None

    async def verify(self, size=None, digest=None, slot=None):
        """Verify all of an image, and return its manifest. Wrong where anything is wrong; MemoryError.

        size     bytes of the image, None: as many as its manifest says
        digest   SHA-256 of the image in hex digits, None where not known
        slot     None: the other slot; or an object that reads like a slot
        """
        for pause in self.pauses:
            try:
                return await self._verify(size, digest, slot or self._slot)
            except OSError as error:
                raise Wrong("write_failed", "the flash cannot be read: %s" % error)
            except MemoryError:
                if not pause:
                    raise
            await asyncio.sleep(pause)  # other tasks have the memory, and give it back when they go on

    async def _verify(self, size, digest, slot):
        check = Check(slot, self._chip, self.buf)
        self._accept(check.manifest(size)[2])
        return await check.all(KEYS, size, digest)

    def _accept(self, values):
        self.updates.version = values["version"]
        # A reader that runs a frozen image may have no PSRAM, or a file system that broke without being noticed.
        why = "files" in values and self.updates.board.no_files()
        if why:
            raise Wrong("wrong_product", "it " + why)
        lowest = self._lowest
        if lowest and number(values["version"]) < lowest:
            text = ".".join([str(part) for part in lowest])
            raise Wrong("too_old", "it is %s: %s or newer is needed, or ?allowDowngrade=1" % (values["version"], text))

    async def activate(self):
        """Verify the staged image again, let the loader start it next, and restart. True when that happens.

        False: the update has failed, and the next start is still this application.
        """
        updates = self.updates
        change(updates, "INSTALL_IN_PROGRESS")  # meanwhile nothing may write to the slot
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
            if busy(updates):  # cancelled: the client has gone
                settle(updates)
        updates.board.boot["activating"]()
        change(updates, "REBOOT_PENDING")
        updates.restart("OTA_UPDATE")
        return True
