"""The chip's own loader: which slot starts after a reset, and what it writes to otadata then.

ESP-IDF's bootloader_utility.c with rollback enabled, without a factory application, as MicroPython is built.
"""

from host_sim.hardware import espimage, otadata


def choose(ota, slots):
    """Number of the slot that starts, None where the chip finds nothing to start. ota, slots: partitions."""
    entries = otadata.read(ota)
    for sector, entry in enumerate(entries):
        if entry.state == otadata.PENDING_VERIFY:  # it was not confirmed before this reset
            entry.state = otadata.ABORTED
            otadata.write(ota, sector, entry)
    first = -1
    initial = False
    if entries[0].refused and entries[1].refused:
        first = 0
        initial = all([entry.sequence == otadata.BLANK or not entry.sound for entry in entries])
    else:
        active = otadata.active(entries)
        if active is not None:
            entry = entries[active]
            first = (entry.sequence - 1) % len(slots)
            if entry.state == otadata.NEW:
                entry.state = otadata.PENDING_VERIFY
                otadata.write(ota, active, entry)
    # From there downwards, then upwards.
    for number in list(range(first, -1, -1)) + list(range(first + 1, len(slots))):
        if espimage.length(slots[number]) is not None:
            if initial:
                otadata.write(ota, 0, otadata.entry(number + 1, otadata.VALID))
            return number
    return None
