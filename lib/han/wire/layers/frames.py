"""Loops over frames and headers for this interpreter: as viper code where it has a native emitter, else their twins.

HDLC: see `hdlc.py`. M-Bus long frames (EN 13757-2 clause 5.2) with the transport layer of EN 13757-3, as meters push
them:

    68 | L | L | 68 | C | A | CI | STSAP | DTSAP | data | checksum | 16

The low 4 bits of CI number the frames of a telegram; 0x10 marks the last one. In meters of Sagemcom L is the length
modulo 256, so a frame may be 256 bytes longer than L says.
"""
#: Layers besides the framings, as peel() numbers them: an APDU without a frame; the list in a data-notification.
APDU, LIST = 6, 7

try:
    from .frames_fast import arrive, hdlc_check, mbus_check, peel
except ImportError:
    from .frames_plain import arrive, hdlc_check, mbus_check, peel
