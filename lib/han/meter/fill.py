"""The loops of a reading for this interpreter: as viper code where it has a native emitter, else their twins."""
try:
    from .fill_fast import beyond, fill, numbers, overlay, powers
except ImportError:
    from .fill_plain import beyond, fill, numbers, overlay, powers
