"""Runs first, instead of MicroPython's own, which formats a file system that does not mount.

Everything that runs here is frozen, and nothing in the file system takes its place. The file system is mounted, where
it can be, for tools and for boot.py, which looks whether the other flavour could start from the other slot.
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
