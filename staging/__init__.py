"""From the sources to what an interpreter runs: compiled modules, the page, accepted keys, a ROM, a running unix port.

The simulator and the tools stand on it. It knows neither of them.
"""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


class ImageError(Exception):
    """Something that is not what it has to be, in words for whoever runs the tool."""
