"""Runs first on the chip: the application lies in /lib and comes before anything else on the path."""

import sys

_LIB = "/lib"

if _LIB in sys.path:
    sys.path.remove(_LIB)
sys.path.insert(0, _LIB)
