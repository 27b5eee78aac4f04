"""The walks for this interpreter: viper where there is a native emitter, else their twins."""
try:
    from .walk_fast import axdr_walk, p1_walk
except ImportError:
    from .walk_plain import axdr_walk, p1_walk
