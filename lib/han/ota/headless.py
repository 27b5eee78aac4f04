"""An image that has been written without its first bytes, see writer.py."""
from .rules import Wrong


class Headless:
    """Reads like a slot with all of it."""

    def __init__(self, slot, head):
        self.ioctl = slot.ioctl
        self._slot = slot
        self._head = head

    def readblocks(self, n, buf, offset=0):
        """Read the slot as it will be."""
        self._slot.readblocks(n, buf, offset)
        if n == 0 and offset < len(self._head):
            part = self._head[offset : offset + len(buf)]
            buf[: len(part)] = part

    def complete(self):
        """All is verified: write what is missing. Wrong."""
        written = bytearray(len(self._head))
        try:
            self._slot.writeblocks(0, self._head, 0)
            self._slot.readblocks(0, written, 0)
        except OSError as error:
            raise Wrong("write_failed", "the flash refuses: %s" % error)  # noqa: B904
        if written != self._head:
            raise Wrong("write_failed", "the flash does not hold what was written, sector 0")
