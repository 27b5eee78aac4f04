"""Runs first, instead of MicroPython's own: no file system is mounted, as nothing here needs one.

So a `vfs` that is damaged, or not there, is nobody's concern, and no file in it takes the place of a frozen module.
"""

import gc

gc.collect()
