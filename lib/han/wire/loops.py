"""The byte loops for this interpreter: as viper code where it has a native emitter, else their twins."""
try:
    from .fast import (
        copy,
        crc_by,
        crc_x25,
        digits,
        hunt,
        odd_parity,
        same,
        strip_parity,
        sum8,
        text_end,
    )
except ImportError:
    from .plain import (
        copy,
        crc_by,
        crc_x25,
        digits,
        hunt,
        odd_parity,
        same,
        strip_parity,
        sum8,
        text_end,
    )
