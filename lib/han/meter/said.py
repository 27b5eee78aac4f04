"""Loops over texts and clocks for this interpreter: as viper code where it has a native emitter, else their twins."""
try:
    from .said_fast import alike, date_time, heard, p1_said, p1_time, rest
except ImportError:
    from .said_plain import alike, date_time, heard, p1_said, p1_time, rest
