"""The walk through A-XDR for this interpreter: as viper code where it has a native emitter, else its twin."""
try:
    from .walk_fast import axdr_walk
except ImportError:
    from .walk_plain import axdr_walk
