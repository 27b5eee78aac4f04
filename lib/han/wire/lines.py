"""The walk through lines of P1 for this interpreter: viper where there is a native emitter, else its twin."""
try:
    from .lines_fast import p1_walk
except ImportError:
    from .lines_plain import p1_walk
