# ruff: noqa: F821  MicroPython's tools/manifestfile.py defines the functions
"""All Python that is in the image: instead of MicroPython's boards/manifest.py, whose _boot formats a file
system that does not mount."""

import os

_STAGED = "../../../build/frozen"  # from here

if not os.path.isdir(_STAGED):
    raise ValueError("run `make stage` first, or build with `make firmware`")

include("$(MPY_DIR)/extmod/asyncio")
require("ssl")
freeze(".", "_boot.py", opt=3)
# boot, main, board, pins, han/, microdot/
freeze(_STAGED, opt=3)
