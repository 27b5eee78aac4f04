"""esp32.Partition of the simulated board: the signatures and errors of MicroPython's port, and the rules of ESP-IDF."""

ESP_FAIL, ESP_ERR_NOT_FOUND, ESP_ERR_OTA_VALIDATE_FAILED = -1, 0x105, 0x1503
_LABELS = ("otadata", "slot1", "slot2", "state", "history")
# Type, subtype, address and label as in firmware/partitions.csv.
_TABLE = {
    "otadata": (1, 0, 0xD000),
    "slot1": (0, 0x10, 0x10000),
    "slot2": (0, 0x11, 0x1C0000),
    "state": (1, 0x40, 0x370000),
    "history": (1, 0x41, 0x380000),
}


class Esp32:
    """The module that `import esp32` gives on the simulated chip.

    parts    {label: host_sim.hardware.flash.Partition}
    running  label of the slot that runs
    """

    def __init__(self, parts, running):
        class Partition(_Partition):
            chip = self

        self.parts = parts
        self.running = running
        self.Partition = Partition

    def boot(self):
        """Label of the slot that otadata names: esp_ota_get_boot_partition()."""
        from host_sim.hardware import otadata  # imported here, as a small heap has no room for unused modules

        active = otadata.active(otadata.read(self.parts["otadata"]))
        if active is None:
            return "slot1"
        return "slot%d" % ((otadata.read(self.parts["otadata"])[active].sequence - 1) % 2 + 1)


class _Partition:
    """One partition of the table. Errors are OSError(-esp_err_t), or OSError(2) if there is no such partition."""

    BOOT, RUNNING = 0, 1
    TYPE_APP, TYPE_DATA = 0, 1
    chip = None

    def __init__(self, id):
        if isinstance(id, int):
            if id not in (self.BOOT, self.RUNNING):
                raise ValueError
            id = self.chip.running if id == self.RUNNING else self.chip.boot()
        if id not in self.chip.parts:
            raise OSError(2)
        self._label = id
        part = self.chip.parts[id]
        self.readblocks = part.readblocks
        self.writeblocks = part.writeblocks
        self.ioctl = part.ioctl

    @classmethod
    def find(cls, type=0, subtype=0xFF, label=None, block_size=4096):
        """The partitions with these properties (a list), in the order of the table."""
        return [cls(name) for name in _LABELS
                if name in cls.chip.parts and _TABLE[name][0] == type
                and subtype in (0xFF, _TABLE[name][1]) and label in (None, name)]  # fmt: skip

    def info(self):
        """(type, subtype, address, size, label, encrypted)."""
        return _TABLE[self._label] + (self.ioctl(4, 0) * 4096, self._label, False)

    def get_next_update(self):
        """The other slot, a Partition."""
        return type(self)("slot2" if self._label == "slot1" else "slot1")

    def set_boot(self):
        """Start this slot at the next reset; OSError if its image is not valid.

        As in ESP-IDF this writes the entry of otadata that is not active, with the state NEW: it must be confirmed.
        """
        from host_sim.hardware import espimage, otadata

        if espimage.length(self) is None:
            raise OSError(-ESP_ERR_OTA_VALIDATE_FAILED)
        ota = self.chip.parts["otadata"]
        entries = otadata.read(ota)
        active = otadata.active(entries)
        sequence = _TABLE[self._label][1] - 0x10 + 1
        sector = 0
        if active is not None:
            sequence %= 2
            while entries[active].sequence > sequence:
                sequence += 2
            sector = 1 - active
        entry = entries[sector]
        entry.sequence, entry.state, entry.crc = sequence, otadata.NEW, otadata.crc(sequence)
        otadata.write(ota, sector, entry)

    @classmethod
    def mark_app_valid_cancel_rollback(cls):
        """Confirm the active entry of otadata, whichever slot it names. OSError if there is none."""
        from host_sim.hardware import otadata

        ota = cls.chip.parts["otadata"]
        entries = otadata.read(ota)
        active = otadata.active(entries)
        if active is None:
            raise OSError(ESP_FAIL)
        if entries[active].state != otadata.VALID:
            entries[active].state = otadata.VALID
            otadata.write(ota, active, entries[active])
