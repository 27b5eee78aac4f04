"""The configuration: one JSON object, kept in two copies that are written in turn (copies.py).

Keys that this version does not know are kept for the version that does; a value of a wrong
type is replaced by its default, so readers of the configuration need no checks. So the version
before and the one after read what this one has written, and give back what is not theirs.
"""
import json

from .copies import Copies


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
        self.copies = Copies(region, b"HANC")

    @property
    def damaged(self):
        """Copies that were there but not sound at load()."""
        return self.copies.damaged

    def get(self, *path):
        """The value at a path of keys, such as get("m", "t"); KeyError for an unknown one."""
        value = self.values
        for key in path:
            value = value[key]
        return value

    def load(self):
        """Take the newest sound copy; False (and the defaults) where there is none."""
        text = self.copies.load()
        self.values = merged(json.loads(bytes(text)) if text else {}, defaults())
        return text is not None

    def adopt(self, text):
        """Take and keep what came with the image, JSON as save() writes it. ValueError: it is none; OSError."""
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("no configuration")
        self.change(merged(values, defaults()))

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
        self.copies.save(json.dumps(self.values).encode())
