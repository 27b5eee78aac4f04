"""The configuration: one JSON object, in two copies in flash that are written in turn (copies.py).

Keys that this version does not know are kept for the version that does; a value of a wrong type is replaced by its
default, so readers of the configuration need no checks. So the version before and the one after read what this one
has written, and give back what is not theirs.
"""
import json

from .copies import Copies


def _network():
    none = "0.0.0.0"
    return {"m": "dhcp", "i": none, "s": none, "g": none, "d1": none}


def defaults():
    """The configuration of a new reader, in the API's names; `p` in 10^-6 minor units per kWh, `m.s` in thousandths."""
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
        "ts": [],
        "pw": "",
        "m": {
            "f": 25, "t": "auto", "o": 0, "k": "", "a": "", "ts": "ms", "n": "auto", "is": "auto",
            "s": {"e": 0, "i": 0, "u": 0}, "ct": 1,
        },  # fmt: skip
        "e": {"e": True, "n": _network()},
        "w": {"e": True, "s": "", "p": "", "w": 2, "z": 0, "b": False, "n": _network()},
        # No settings: what the reader has found out of its meter and line, see meter/scales.py and search.py.
        "line": 0,
        "scales": {},
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
    """The values in force, none before load(), and where flash keeps them: a flash.Region of two sectors."""

    def __init__(self, region):
        self.region = region
        self.values = {}
        self.damaged = 0  # copies that were there but not sound at load()

    def get(self, *path):
        """The value at a path of keys, such as get("m", "t"); KeyError for an unknown one."""
        value = self.values
        for key in path:
            value = value[key]
        return value

    def load(self):
        """Take the newest sound copy; False (and the defaults) where there is none. OSError: unreadable; defaults."""
        self.values = defaults()
        copies = self._copies()
        text = copies.load()
        self.damaged = copies.damaged
        if text is None:
            return False
        self.values = merged(json.loads(bytes(text)), self.values)
        return True

    def adopt(self, text):
        """Take and keep what came with the image, JSON. ValueError: it is none; OSError."""
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("no configuration")
        self.change(merged(values, defaults()))

    def change(self, values):
        """Keep these values over the older copy, and take them. OSError, ValueError (too long): nothing has changed."""
        copies = self._copies()
        copies.load()  # which of the two is the older
        copies.save(json.dumps(values).encode())
        self.values = values

    def note(self, key, value):
        """Keep something that is no setting under a key of its own. OSError, ValueError: nothing has changed."""
        values = dict(self.values)
        values[key] = value
        self.change(values)

    def _copies(self):
        return Copies(self.region, b"HANC")
