"""What config.py and counters.py keep in flash: how it gets there and back. Imported for that, and released.

The configuration is one JSON object, in two copies that are written in turn (copies.py). Keys that this version
does not know are kept for the version that does; a value of a wrong type is replaced by its default, so readers
of the configuration need no checks. So the version before and the one after read what this one has written, and
give back what is not theirs.
"""
import json

from ..core.modules import release
from .copies import Copies

_COUNTERS = "Iqqqq"
_UNKNOWN = -1


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


def load(config):
    """Fill a Config from the newest sound copy; False (and the defaults) where there is none. OSError: unreadable."""
    config.values = defaults()
    copies = _copies(config)
    text = copies.load()
    config.damaged = copies.damaged
    if text is None:
        return False
    config.values = merged(json.loads(bytes(text)), config.values)
    return True


def adopt(config, text):
    """Take and keep what came with the image, JSON as save() writes it. ValueError: it is none; OSError."""
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError("no configuration")
    values = merged(values, defaults())
    save(config, values)
    config.values = values


def save(config, values):
    """Write values over the older copy. OSError when the flash refuses; the newer is then untouched."""
    copies = _copies(config)
    copies.load()  # which of the two is the older
    copies.save(json.dumps(values).encode())


def _copies(config):
    return Copies(config.region, b"HANC")


def load_counters(counters):
    """Fill Counters with what was saved last. OSError when the flash cannot be read."""
    records = _records()
    record = records.last(records.opened(counters.region, _COUNTERS))
    if record is not None:
        counters.meter = record[0]
        counters.values = [None if value == _UNKNOWN else value for value in record[1:]]


def save_counters(counters):
    """Write Counters to flash. OSError when it refuses."""
    ring = _records().opened(counters.region, _COUNTERS)
    ring.append(counters.meter, *[_UNKNOWN if value is None else value for value in counters.values])
    ring.prepare()


def _records():
    """What the configuration does without."""
    from . import records

    release("han.store.records")
    return records
