"""The configuration: one JSON object, in two copies in flash that are written in turn (copies.py).

Keys that this version does not know are kept. So an older or a newer version can read what this one has written, and
finds its own keys again. A value of a wrong type is replaced by its default, so readers of the configuration need no
checks.
"""
import json



def _network():
    none = "0.0.0.0"
    return {"m": "dhcp", "i": none, "s": none, "g": none, "d1": none}


def defaults():
    """The configuration of a new reader, in the API's names.

    `p`, `monthly`, `sell` and `alarms.price.below` are in 10^-6 minor units, `vat` in 10^-2 percent, `m.s`
    in thousandths, `fees` as in tariff/fees.py, `cap` as in tariff/rules.py.
    """
    return {
        "t": "Etc/UTC",
        "s": False,
        "p": 0,
        "pc": "EUR",
        "pa": "FI",
        "vat": 0,
        "fees": [],
        "monthly": 0,
        "sell": None,
        "cap": {},
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
        "alarms": {},  # {name: {field: number}}, see alarms/rules.py
        # Languages of other systems, see out/outs.py. "" for `ha` is the API's false.
        "out": {
            "mqtt": {
                "on": False, "host": "", "port": 1883, "user": "", "pw": "", "tls": False, "prefix": "han", "every": 0,
                "ha": "device",
            },
            "modbus": {"on": False, "port": 502},
            "p1": {"on": False, "port": 2001, "virtual": True, "uart": False},
            "homewizard": {"on": False},
            "shelly": {"on": False},
            "metrics": {"on": True},
        },  # fmt: skip
        # Not settings: what the reader has found out about its line (meter/line/search.py), about its meter's scalers
        # (meter/lists/scales.py), and about the sub-meter on each channel (store/ledger/close.py); the rule that the
        # ledger's peaks are by (tariff/kept.py); the form of Home Assistant's discovery that the MQTT broker has
        # (out/mqtt/discovery.py).
        "discovery": "",
        "line": 0,
        "peaks": [],
        "scales": {},
        "sub": {},
        # [number of the meter, which of its counters have tariffs], see out/homewizard/measurement.py.
        "tariffs": [],
        # Users of HomeWizard's API: {name: hash of the token}, see out/homewizard/users.py.
        "users": {},
        # Since when prices are set, s since 2020: a price of 0 that was recorded before is none. See tariff/costs.py.
        "since": 0,
    }


def merged(stored, default):
    """A new dict: the defaults, replaced by stored values of the same type. Unknown stored keys are kept.

    Where the default is None, every stored value is right.
    """
    result = dict(stored)
    for key, value in default.items():
        found = stored.get(key)
        if isinstance(value, dict):
            result[key] = merged(found if isinstance(found, dict) else {}, value)
        elif key not in stored or value is not None and type(found) is not type(value):
            result[key] = value
    return result


def priced(values):
    """True where values of the configuration have a price of energy: the exchange's, a fixed one, or fees."""
    return bool(values["s"] or values["p"] or values["fees"])


def reckoned(values):
    """True where something is to be told of costs or income: there is a price of energy, or of what is sold."""
    return priced(values) or values["sell"] is not None


class Config:
    """The values in force (an empty dict before load()). region: the flash.Region of two sectors that keeps them."""

    def __init__(self, region):
        self.region = region
        self.values = {}
        self.damaged = 0  # copies that load() found damaged

    def get(self, *path):
        """The value at a path of keys, such as get("m", "t"); KeyError for an unknown one."""
        value = self.values
        for key in path:
            value = value[key]
        return value

    def load(self):
        """Take the newest sound copy. False where there is none, OSError where flash is unreadable: defaults then."""
        self.values = defaults()
        copies = self._copies()
        text = copies.load()
        self.damaged = copies.damaged
        if text is None:
            return False
        self.values = merged(json.loads(bytes(text)), self.values)
        return True

    def adopt(self, text):
        """Take and save the configuration that came with the image, a JSON text.

        ValueError: it is not a JSON object, or it is too long. OSError: the flash refuses.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError("no configuration")
        self.change(merged(values, defaults()))

    def change(self, values):
        """Save these values over the older copy, then take them.

        OSError (the flash refuses) and ValueError (they are too long): nothing has changed.
        """
        copies = self._copies()
        copies.load()  # finds out which copy is the older one
        copies.save(json.dumps(values).encode())
        self.values = values

    def note(self, key, value):
        """Save a value that is not a setting under its own key. OSError, ValueError: as of change()."""
        values = dict(self.values)
        values[key] = value
        self.change(values)

    def _copies(self):
        from .copies import Copies  # needed at the start, and for a change

        return Copies(self.region, b"HANC")
