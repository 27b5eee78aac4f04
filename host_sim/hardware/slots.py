"""The simulated chip's flash in files, and its loader: the part that runs in the parent process.

slot1 of a board that was never flashed holds a stand-in: an image of the frozen flavour without an application. The
application that is "frozen" into it is the sources of this working copy.
"""

import pathlib

from host_sim.hardware import chip, flash, otadata
from host_sim import standin
from staging import manifest

SIZES = {"otadata": otadata.SIZE, "slot1": 0x1B0000, "slot2": 0x1B0000}
_SECTOR = manifest.SECTOR


class Flash:
    """The files in the state folder.

    image  bytes to write to both slots before the first start, None to keep the slots; ValueError if they do not fit
    """

    def __init__(self, folder, image=None):
        self._folder = pathlib.Path(folder)
        for label, size in SIZES.items():
            path = self._path(label)
            if not path.exists() or path.stat().st_size != size or image:
                path.write_bytes(b"\xff" * size)
        self._rtc = self._folder / "rtc.bin"
        self._rtc.unlink(missing_ok=True)  # power was off
        if image:
            if len(image) > SIZES["slot1"]:
                raise ValueError("%d bytes do not fit a slot of %d" % (len(image), SIZES["slot1"]))
            for label in chip.LABELS:
                self._write(label, image)
            # Like flash.bin this erases boot.py's record of the starts.
            state = self._path("state")
            if state.exists():
                with open(state, "r+b") as file:
                    file.seek(chip.STARTS * _SECTOR)
                    file.write(b"\xff" * 2 * _SECTOR)
        elif self._is_blank("slot1") or self._manifest("slot1").get("built_with") == standin.SOURCES:
            self._write("slot1", standin.slot())

    def load(self):
        """Label of the slot that the chip's loader starts; None if neither can be started."""
        parts = {label: flash.partition(str(self._path(label)), size, label) for label, size in SIZES.items()}
        try:
            return chip.load(parts)
        finally:
            for part in parts.values():
                part.close()

    def frozen(self, label):
        """True if this slot runs the sources."""
        return self._manifest(label).get("built_with") == standin.SOURCES

    def _path(self, label):
        return self._folder / (label + ".bin")

    def _write(self, label, data):
        with open(self._path(label), "r+b") as file:
            file.write(data)

    def _is_blank(self, label):
        with open(self._path(label), "rb") as file:
            return file.read(_SECTOR) == b"\xff" * _SECTOR

    def _manifest(self, label):
        # Finds the manifest of standin.slot() only, which is always in the second sector.
        with open(self._path(label), "rb") as file:
            return manifest.parse(file.read(2 * _SECTOR)[_SECTOR:]) or {}
