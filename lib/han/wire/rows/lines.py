"""The loops of P1 for this interpreter: as viper code where it has a native emitter, else their twins."""
try:
    from .lines_fast import gather, p1_walk
except ImportError:
    from .lines_plain import gather, p1_walk
