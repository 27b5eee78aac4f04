"""The configuration: one JSON object, kept in two copies that are written in turn.

A copy is a header (magic, sequence number, length, format, CRC-32) and the JSON text, in one
sector. The newest sound copy counts, so a cut while one is written leaves the one before.
Keys that this version does not know are kept for the version that does; a value of a wrong
type is replaced by its default, so readers of the configuration need no checks.
"""
import json
import struct
from binascii import crc32

from .flash import SECTOR

_HEADER = "<4sIHHI"
_SIZE = struct.calcsize(_HEADER)
_MAGIC = b"HANC"
_FORMAT = 1


def _network():
    none = "0.0.0.0"
    return {"m": "dhcp", "i": none, "s": none, "g": none, "d1": none}


def defaults():
    """The configuration of a new reader, in the API's names; `p` in 10^-6 minor units per kWh."""
    return {
        "t": "Etc/UTC",
        "s": False,
        "p": 0,
        "pc": "EUR",
        "pa": "FI",
        "np": "auto",
        "up": "automatic",
        "bhf": False,
        "hosts": [],
        "pw": "",
        "m": {"f": 25, "t": "auto", "o": 0, "k": "", "a": "", "ts": "ms"},
        "e": {"e": True, "n": _network()},
        "w": {"e": True, "s": "", "p": "", "w": 2, "z": 0, "b": False, "n": _network()},
    }


def merged(stored, default):
    """Stored values of the right type over the defaults, unknown keys kept."""
    result = dict(stored)
    for key, value in default.items():
        found = stored.get(key)
        if isinstance(value, dict):
            result[key] = merged(found if isinstance(found, dict) else {}, value)
        elif type(found) is not type(value):
            result[key] = value
    return result


class Config:
    """The values in force, and their two copies in a flash.Region of two sectors."""

    def __init__(self, region):
        self.values = defaults()
        self.damaged = 0  # copies that were there but not sound at load()
        self._region = region
        self._sequence = 0
        self._newest = 1  # sector of the copy in force; the first save goes to the other

    def get(self, *path):
        """The value at a path of keys, such as get("m", "t"); KeyError for an unknown one."""
        value = self.values
        for key in path:
            value = value[key]
        return value

    def load(self):
        """Take the newest sound copy; False (and the defaults) where there is none."""
        self.damaged = 0
        best = None
        for sector in range(2):
            found = self._read(sector)
            if found and (best is None or found[0] > self._sequence):
                self._sequence, best = found
                self._newest = sector
        self.values = merged(best or {}, defaults())
        return best is not None

    def change(self, values):
        """Take these values and keep them. OSError, ValueError (too long): nothing has changed."""
        before, self.values = self.values, values
        try:
            self.save()
        except (OSError, ValueError):
            self.values = before
            raise

    def save(self):
        """Write the values over the older copy. OSError when the flash refuses; the newer is then untouched."""
        text = json.dumps(self.values).encode()
        if len(text) > SECTOR - _SIZE:
            raise ValueError("configuration of %d bytes" % len(text))
        sequence = self._sequence + 1
        record = struct.pack("<4sIHH", _MAGIC, sequence, len(text), _FORMAT)
        record += struct.pack("<I", crc32(text, crc32(record))) + text
        sector = 1 - self._newest
        self._region.erase(sector)
        self._region.program(sector, 0, record)
        if self._read(sector) is None:
            raise OSError("flash does not keep what is written")
        self._sequence = sequence
        self._newest = sector

    def _read(self, sector):
        """(sequence, values) of a copy, None where it is not sound."""
        header = bytearray(_SIZE)
        self._region.read(sector, 0, header)
        if header == b"\xff" * _SIZE:
            return None
        magic, sequence, length, _, crc = struct.unpack(_HEADER, header)
        if magic == _MAGIC and length <= SECTOR - _SIZE:
            text = bytearray(length)
            self._region.read(sector, _SIZE, text)
            if crc32(text, crc32(memoryview(header)[:-4])) == crc:
                values = json.loads(bytes(text))
                if isinstance(values, dict):
                    return sequence, values
        self.damaged += 1
        return None
