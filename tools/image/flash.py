"""Makes flash.bin: the complete flash contents of a new board, for one size of flash."""

import esptool
from esptool.logger import log

from staging import ImageError, stage
from tools.image import files, otadata, partitions

#: Name of the configuration in the file system, see provisioned.py.
CONFIGURATION = "config.json"


def name(megabytes):
    """Name of the file for a flash of so many MB."""
    return "flash.bin" if megabytes == min(partitions.LAYOUTS) else "flash-%dMB.bin" % megabytes


def vfs(size, configuration=None):
    """Bytes of the file system that MicroPython starts from. configuration: bytes of CONFIGURATION, or None."""
    content = {name: (stage.ROOT / name).read_bytes() for name in ("boot.py", "main.py")}
    if configuration is not None:
        content[CONFIGURATION] = configuration
    return files.whole(content, size)


def make(megabytes, rom, bootloader, image, configuration=None):
    """Bytes of the whole flash; ImageError if the image does not fit.

    rom            esptool's class of the chip
    bootloader     its bytes
    image          signed image, which goes to both slots
    configuration  bytes of the file CONFIGURATION, or None
    """
    layout = partitions.layout(megabytes)
    content = [
        (rom.BOOTLOADER_FLASH_OFFSET, bootloader),
        (partitions.OFFSET, partitions.table(layout)),
        (partitions.named(layout, "otadata").offset, otadata.starting(0)),
    ]
    for slot in partitions.slots(layout):
        fits(image, slot, megabytes)
        content.append((slot.offset, image))
    part = partitions.named(layout, "vfs")
    content.append((part.offset, vfs(part.size, configuration)))
    size = "%dMB" % megabytes
    log.set_verbosity("silent")
    try:
        # The loader takes the size of the flash from the bootloader's header, so esptool sets it there, too.
        return esptool.merge_bin(
            content, rom.CHIP_NAME.lower().replace("-", ""), flash_size=size, pad_to_size=size)
    finally:
        log.set_verbosity("auto")


def fits(image, slot, megabytes):
    """Raises ImageError if the image does not fit a slot of a flash with so many MB."""
    over = len(image) - slot.size
    if over > 0:
        raise ImageError(
            "too large: a slot of %d MB of flash has %d bytes, %d less than an image of %d"
            % (megabytes, slot.size, over, len(image)))
