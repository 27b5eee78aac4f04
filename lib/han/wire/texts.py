"""The loops over whole P1 telegrams for this interpreter: as viper code where it has an emitter, else their twins."""
try:
    from .texts_fast import crc_arc, whole
except ImportError:
    from .texts_plain import crc_arc, whole
