"""The chip's own loader: it picks the slot to start after a reset and updates otadata.

It follows ESP-IDF's bootloader_utility.c with rollback enabled and without a factory application, as in MicroPython.
"""

from host_sim.hardware import espimage, otadata


def choose(ota, slots):
    """Number (from 0) of the slot to start; None if no slot has a valid image. ota: partition; slots: partitions."""
    entries = otadata.read(ota)
    for sector, entry in enumerate(entries):
        if entry.state == otadata.PENDING_VERIFY:  # the application did not confirm it before this reset
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
    # Try the slots from the first one downwards, then upwards.
    for number in list(range(first, -1, -1)) + list(range(first + 1, len(slots))):
        if espimage.length(slots[number]) is not None:
            if initial:
                otadata.write(ota, 0, otadata.entry(number + 1, otadata.VALID))
            return number
    return None
