# ruff: noqa: F821  MicroPython's tools/manifestfile.py defines the functions
"""The list of all Python in the image. It replaces MicroPython's boards/manifest.py, whose _boot.py formats a file
system that does not mount."""

import os

_STAGED = "../../../build/frozen"  # from here

if not os.path.isdir(_STAGED):
    raise ValueError("run `make stage` first, or build with `make firmware`")

include("$(MPY_DIR)/extmod/asyncio")
require("ssl")
freeze(".", "_boot.py", opt=3)
# boot, main, board, begin, console, pins, plug, han/, microdot/
freeze(_STAGED, opt=3)
