"""What only some meters say, read for this interpreter: as viper code where it has a native emitter, else its twins."""
try:
    from .more_fast import more, unchanged
except ImportError:
    from .more_plain import more, unchanged
