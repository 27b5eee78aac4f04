"""Prepares the sources for an interpreter: compiled modules, the page, the accepted keys, a ROM, the unix port.

The simulator and the tools use this package. It imports neither of them.
"""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


class ImageError(Exception):
    """Bad input of a tool. Its text says to the user what is wrong."""
