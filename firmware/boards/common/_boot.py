"""Runs first. It replaces MicroPython's own _boot.py, which formats a file system that does not mount.

All modules are frozen, and no file may take their place, so the path has nothing else. The file system is mounted if
possible: tools use it, and boot.py looks there whether an image with files could start from the other slot.
"""

import gc
import sys

import vfs
from esp32 import Partition

try:
    vfs.mount(Partition.find(Partition.TYPE_DATA, label="vfs")[0], "/")
except (OSError, IndexError):
    pass
sys.path[:] = [".frozen"]
gc.collect()
