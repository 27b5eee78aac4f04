"""The loops over whole P1 telegrams for this interpreter: as viper code where it has a native emitter, else their twins.

Only the lines of P1 meters need them, and the table of their CRC.
"""
try:
    from .texts_fast import crc_arc, whole
except ImportError:
    from .texts_plain import crc_arc, whole
